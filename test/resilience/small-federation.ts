import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Federation } from "@interco/contracts/federation";
import { giveIdentities, newState } from "@interco/operator/apply/identities";
import { instanceSeed } from "@interco/operator/apply/instance-seeds";
import { instanceConfig, natsAccounts } from "@interco/operator/apply/service-configs";
import { readFederation } from "@interco/operator/federation/federation-file";
import { findAgglomeration } from "@interco/operator/federation/official-data";
import { readStartingData } from "@interco/operator/federation/starting-data";
import { territoryOf } from "@interco/operator/federation/territory";
import { portIsFree } from "@interco/operator/parts/free-port";
import { type RunningChild, startChild } from "@interco/operator/processes/child-process";
import { serviceSpec } from "@interco/operator/processes/service-program";
import { originOf } from "@interco/operator/state/addresses";
import { dataFolder } from "@interco/operator/state/data-folder";
import { surviveLostConnections } from "@interco/platform/postgres";
import { startTestMail } from "@interco/testing/mail";
import { startTestNats } from "@interco/testing/nats";
import { freshDatabase, testPostgresUrl } from "@interco/testing/postgres";
import pg from "pg";
import { vi } from "vitest";
import { type Config, readConfig } from "../../services/instance/src/config.ts";
import { migrateInstance } from "../../services/instance/src/operations/migrate-instance.ts";
import { seedInstance } from "../../services/instance/src/seed.ts";

const source = resolve(import.meta.dirname, "../../deploy/demo");
const killer = fileURLToPath(new URL("kill-at.ts", import.meta.url));

/** One instance of the small federation: its process, and its database as an administrator sees it. */
export interface Member {
  name: string;
  /** The entity it hosts. */
  entity: string;
  origin: string;
  config: Config;
  /** A superuser's connections: row-level security hides nothing from them. */
  admin: pg.Pool;
  /** Starts it and waits until it is ready; `killAt` ("<point> <count>") has it killed there by itself. */
  start(killAt?: string): Promise<void>;
  /** SIGKILL now; settles when it is gone. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  /** Settles when the process running now is gone: "SIGKILL", "code 0"… */
  exited(): Promise<string>;
}

/** The demonstration's agglomeration, Woippy and Metz, each on its own instance: real processes, PostgreSQL and NATS. */
export async function startSmallFederation() {
  const disposal = new AsyncDisposableStack();
  try {
    return await start(disposal);
  } catch (error) {
    await disposal.disposeAsync();
    throw error;
  }
}

async function start(disposal: AsyncDisposableStack) {
  const root = mkdtempSync(join(tmpdir(), "interco-resilience-"));
  disposal.defer(() => rmSync(root, { recursive: true, force: true }));
  const federation = threeInstances(readFederation(join(source, "federation.yaml")));
  const official = findAgglomeration(federation.agglomeration);
  if (!official) throw new Error("the demonstration's agglomeration is unknown");
  const state = newState(await freeBase(), source);
  await giveIdentities(state, federation, official);
  // Nobody signs in here: the clients are only names.
  for (const entity of Object.values(state.entities))
    if (entity.site) entity.site.clientId = entity.site.slug;

  const nats = disposal.use(await startTestNats(natsAccounts(federation, state)));
  const mail = disposal.use(await startTestMail());
  const parts = { postgres: testPostgresUrl(), nats: nats.url, smtp: mail.smtp };
  const territory = territoryOf(federation, official, state, source);
  const data = readStartingData(federation, source);
  const folder = dataFolder(root);

  const members: Member[] = [];
  for (const line of federation.instances) {
    const database = disposal.use(
      await freshDatabase({
        key: "instance",
        prepare: async (urls) => void (await migrateInstance({ database: urls })),
      }),
    );
    const { owner, service, worker } = database;
    const file = folder.config(line.name);
    mkdirSync(resolve(file, ".."), { recursive: true });
    writeFileSync(
      file,
      JSON.stringify({
        ...instanceConfig(federation, state, parts, line),
        database: { owner, service, worker },
      }),
      { mode: 0o600 },
    );
    const config = configAt(file);
    await seedInstance(config, instanceSeed(federation, state, territory, data, line));
    const admin = new pg.Pool({ connectionString: database.admin, max: 3 });
    surviveLostConnections(admin);
    disposal.defer(() => admin.end());
    const origin = originOf(state, line.hosts[0] ?? "") ?? "";
    const member = makeMember({ name: line.name, entity: config.hostedIds[0] ?? "", origin, config, admin });
    disposal.defer(() => member.stop());
    members.push(member);
  }
  const [hub, woippy, metz] = members;
  if (!hub || !woippy || !metz) throw new Error("the demonstration has lost an instance");
  await Promise.all(members.map((member) => member.start()));

  return { hub, woippy, metz, nats, mail, folder, [Symbol.asyncDispose]: () => disposal.disposeAsync() };

  function makeMember(what: Pick<Member, "name" | "entity" | "origin" | "config" | "admin">): Member {
    const spec = serviceSpec(folder, {
      name: what.name,
      program: "instance",
      origin: what.origin,
      mark: "",
      nursery: "half",
    });
    let child: RunningChild | undefined;
    return {
      ...what,
      start: async (killAt) => {
        const killed = killAt
          ? { NODE_OPTIONS: `--import=${killer}`, INTERCO_KILL_AT: killAt }
          : { NODE_OPTIONS: "" };
        child = await startChild(
          { ...spec.child, env: { ...spec.child.env, ...killed } },
          { run: folder.run, logs: folder.logs },
        );
        let gone = false;
        const exit = child.exited.then((how) => {
          gone = true;
          return how;
        });
        // Under load it may meet its end before it has said that it is ready.
        const end = Date.now() + 90_000;
        while (!gone && !(await spec.ready().catch(() => false))) {
          if (Date.now() > end) throw new Error(`${what.name} isn't ready\n${lastLines(child.logFile)}`);
          await Promise.race([exit, delay(50)]);
        }
        const how = gone ? await exit : "";
        if (gone && !(killAt && how === "SIGKILL"))
          throw new Error(`${what.name} stopped (${how})\n${lastLines(child.logFile)}`);
      },
      kill: async () => {
        if (!child) return;
        process.kill(child.pid, "SIGKILL");
        await child.exited;
      },
      stop: async () => child?.stop(8_000),
      exited: async () => (await child?.exited) ?? "not running",
    };
  }
}

export type SmallFederation = Awaited<ReturnType<typeof startSmallFederation>>;

/** Waits for a fact, not for a time. */
export function eventually<T>(check: () => Promise<T> | T, timeout = 60_000): Promise<T> {
  return vi.waitFor(check, { timeout, interval: 50 });
}

function lastLines(file: string): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-5).join("\n");
}

function threeInstances(federation: Federation): Federation {
  const kept = ["metropole", "woippy", "metz"];
  const instances = federation.instances.filter((line) => kept.includes(line.name));
  const codes = new Set(instances.flatMap((line) => line.hosts));
  return {
    ...federation,
    instances,
    entities: federation.entities.filter(({ code }) => codes.has(code)),
    accounts: [],
  };
}

function configAt(file: string): Config {
  const before = process.env.INTERCO_CONFIG;
  process.env.INTERCO_CONFIG = file;
  try {
    return readConfig();
  } finally {
    if (before === undefined) delete process.env.INTERCO_CONFIG;
    else process.env.INTERCO_CONFIG = before;
  }
}

/** Some ports in a row for the sites; nothing else listens on the base's offsets here. */
async function freeBase(): Promise<number> {
  for (;;) {
    const first = 30_000 + 10 * Math.floor(Math.random() * 2_500);
    const free = await Promise.all([4, 5, 6].map((offset) => portIsFree(first + offset)));
    if (free.every((each) => each)) return first;
  }
}
