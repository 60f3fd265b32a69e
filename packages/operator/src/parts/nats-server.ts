import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type NatsAccounts, natsServerConfig } from "@interco/platform/nats-accounts";
import { connect } from "@nats-io/transport-node";
import {
  type ChildFolders,
  type ChildSpec,
  type RunningChild,
  startChild,
} from "../processes/child-process.ts";
import { writePrivately } from "../state/data-folder.ts";

export interface EmbeddedNatsOptions {
  /** Holds `nats.conf` and JetStream's files. */
  folder: string;
  port: number;
  children: ChildFolders;
}

/** @throws Error in one line when nats-server isn't installed. */
export function requireNatsServer(): void {
  try {
    execFileSync("nats-server", ["--version"], { stdio: "ignore" });
  } catch {
    throw new Error(
      "nats-server is missing: install it (on Debian: apt-get install nats-server), or set NATS_URL.",
    );
  }
}

/** Writes `nats.conf`; says whether it differs from the one that was there. */
export function writeNatsConfig(
  options: Omit<EmbeddedNatsOptions, "children">,
  accounts: NatsAccounts,
): boolean {
  const path = join(options.folder, "nats.conf");
  const text = natsServerConfig(
    {
      host: "127.0.0.1",
      port: options.port,
      storeDir: join(options.folder, "jetstream"),
      pidFile: join(options.folder, "nats.pid"),
    },
    accounts,
  );
  // The server may be told to reload at any time: it never sees half a file.
  return writePrivately(path, text);
}

export function natsServerSpec(options: Omit<EmbeddedNatsOptions, "children">): ChildSpec {
  return { name: "nats", command: "nats-server", args: ["--config", join(options.folder, "nats.conf")] };
}

/** Starts the server with the configuration already written and waits until it takes a user. */
export async function startNats(
  options: EmbeddedNatsOptions,
  accounts: NatsAccounts,
): Promise<{ url: string; child: RunningChild }> {
  requireNatsServer();
  writeNatsConfig(options, accounts);
  const child = await startChild(natsServerSpec(options), options.children);
  const url = `nats://127.0.0.1:${options.port}`;
  await Promise.race([
    natsAnswers(url, accounts.hub, 15_000),
    child.exited.then((how) => {
      throw new Error(`nats-server stopped at once (${how}): see ${child.logFile}`);
    }),
  ]);
  return { url, child };
}

/** Settles when the server takes this user's connection. */
export async function natsAnswers(
  url: string,
  user: { name: string; password: string },
  timeoutMs: number,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    try {
      const connection = await connect({
        servers: url,
        user: user.name,
        pass: user.password,
        timeout: 2_000,
      });
      await connection.close();
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
      await delay(40);
    }
  }
}

/**
 * Makes a running server read its configuration again, twice: on 2.9.10 the service imports of a new account
 * answer "no responders" until the second reload. `works` checks it by a request; it is tried for 5 s, with
 * another reload each second.
 */
export async function reloadNats(pid: number, works: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    process.kill(pid, "SIGHUP");
    await delay(150);
    process.kill(pid, "SIGHUP");
    for (let wait = 0; wait < 8; wait++) {
      await delay(100);
      if (await works()) return;
    }
  }
  throw new Error("NATS didn't take its new accounts: see its log.");
}
