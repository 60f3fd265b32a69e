import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { apply } from "../apply/apply.ts";
import { giveIdentities } from "../apply/identities.ts";
import { natsAccounts } from "../apply/service-configs.ts";
import type { World } from "../apply/world.ts";
import { findAgglomeration } from "../federation/official-data.ts";
import { dropDatabase } from "../parts/database.ts";
import { portIsFree } from "../parts/free-port.ts";
import { stopLeftovers } from "../processes/leftovers.ts";
import { killServiceCommands } from "../processes/service-program.ts";
import { Supervisor } from "../processes/supervisor.ts";
import { databaseName, portOf } from "../state/addresses.ts";
import { type DataFolder, dataFolderFromEnvironment } from "../state/data-folder.ts";
import { writeState } from "../state/state.ts";
import { announcement, writeAnnouncement } from "./announcement.ts";
import { liveFederation } from "./live-federation.ts";
import { lockDataFolder, unlockDataFolder } from "./lock.ts";
import { type StartedParts, startParts } from "./parts.ts";
import { openRunnerSocket } from "./runner-socket.ts";
import { readyTable } from "./table.ts";

export interface StartOptions {
  /** Another federation.yaml. */
  federation?: string;
  /** Forget the data folder's content first. */
  fresh?: boolean;
}

/** A federation that runs on this machine. */
export interface Running {
  world: World;
  stop(): Promise<void>;
}

/** What each kind of child may take to stop, besides what those before it leave; ten seconds in all, with what quitting takes. */
const stopMs = [3_500, 2_000, 1_000, 2_000];

/**
 * Starts everything on this machine and prints the table, then `ready`. `stopping` gives up in the middle.
 *
 * @throws Error in one line; nothing is left running then.
 */
export async function startRunner(
  options: StartOptions,
  print: (line: string) => void,
  stopping?: AbortSignal,
): Promise<Running> {
  const folder = dataFolderFromEnvironment();
  lockDataFolder(folder);
  let tell = () => {};
  const processes = new Supervisor({ folders: folder, say: print, onChange: () => tell() });
  let parts: StartedParts | undefined;
  let closeSocket = async () => {};
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= stopEverything();
    return stopped;
  };
  const stopEverything = async () => {
    await closeSocket();
    await killServiceCommands();
    const services = processes.list().map((child) => child.name);
    const instances = services.filter((name) => !["idp", "nats", "postgres"].includes(name));
    await processes.stopAll([instances, ["idp"], ["nats"], ["postgres"]], stopMs);
    // A start that hadn't noticed yet may have begun one more.
    await killServiceCommands();
    await parts?.stopMail();
    unlockDataFolder(folder);
  };
  stopping?.addEventListener("abort", () => void stop(), { once: true });
  try {
    const left = await stopLeftovers(folder);
    if (left.length > 0) print(`Stopped what an earlier run had left: ${left.join(", ")}`);
    if (options.fresh) forget(folder);

    const { federation, state } = liveFederation(folder, options.federation, portFromEnvironment());
    const official = findAgglomeration(federation.agglomeration);
    if (!official) throw new Error(`No agglomeration has the SIREN ${federation.agglomeration}.`);
    await giveIdentities(state, federation, official);
    writeState(folder, state);
    await requireFreePorts(state);

    parts = await startParts(folder, state, natsAccounts(federation, state), processes);
    if (options.fresh && process.env.DATABASE_URL) {
      for (const name of ["idp", ...federation.instances.map((line) => line.name)]) {
        await dropDatabase(parts.parts.postgres, databaseName(name));
      }
    }
    const world: World = {
      folder,
      federation,
      official,
      state,
      parts: parts.parts,
      processes,
      natsReload: parts.natsReload,
      say: (line) => print(`  ${line}`),
    };
    const { mail } = parts;
    print(
      `Starting ${federation.name}: ${federation.entities.length} sites on ${federation.instances.length} instances`,
    );
    await apply(world);
    tell = () => writeAnnouncement(world, mail);
    tell();
    closeSocket = await openRunnerSocket(world, () => tell());
    print(readyTable(announcement(world, mail)));
    print("ready");
    return { world, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function portFromEnvironment(): number | undefined {
  const text = process.env.INTERCO_PORT;
  if (!text) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_000)
    throw new Error(`INTERCO_PORT is no port: ${text}.`);
  return port;
}

async function requireFreePorts(state: World["state"]): Promise<void> {
  const { DATABASE_URL, NATS_URL, SMTP_URL } = process.env;
  const ports = [
    portOf(state, "idp"),
    ...(DATABASE_URL ? [] : [portOf(state, "postgres")]),
    ...(NATS_URL ? [] : [portOf(state, "nats")]),
    ...(SMTP_URL ? [] : [portOf(state, "mail"), portOf(state, "smtp")]),
    ...Object.values(state.entities).flatMap((entity) => entity.site?.port ?? []),
  ];
  for (const port of ports) {
    if (!(await portIsFree(port))) {
      throw new Error(
        `Port ${port} is taken by another program: stop it, or set INTERCO_PORT (and --fresh).`,
      );
    }
  }
}

/** Empties the data folder of what the runner put there, and of nothing else. */
function forget(folder: DataFolder): void {
  const ours = [
    "federation.yaml",
    "state.json",
    "federation.json",
    "postgres",
    "nats",
    "run",
    "logs",
    "config",
  ];
  if (!existsSync(folder.root)) return;
  for (const name of readdirSync(folder.root)) {
    if (ours.includes(name) || name === "nats-accounts.conf")
      rmSync(join(folder.root, name), { recursive: true, force: true });
  }
}
