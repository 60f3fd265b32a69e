import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@interco/operator/parts/free-port";
import {
  natsAnswers,
  natsServerSpec,
  reloadNats,
  startNats,
  writeNatsConfig,
} from "@interco/operator/parts/nats-server";
import { type RunningChild, startChild } from "@interco/operator/processes/child-process";
import type { NatsAccounts } from "@interco/platform/nats-accounts";

/** A nats-server of one test's own, with the accounts it would have in production. */
export interface TestNats extends AsyncDisposable {
  url: string;
  /** JetStream's files; a test may replace them while the server is killed. */
  storeDir: string;
  pid(): number;
  /** SIGKILL, as a crash does; settles when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port, folder and accounts; settles when it answers. */
  restart(): Promise<void>;
  /** Gives the running server other accounts (two reloads); `works` checks them by a request. */
  reload(accounts: NatsAccounts, works: () => Promise<boolean>): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one in some 100 ms. Credentials are those of `accounts`; streams are yours to make. */
export async function startTestNats(accounts: NatsAccounts): Promise<TestNats> {
  const folder = mkdtempSync(join(tmpdir(), "interco-test-nats-"));
  const options = {
    folder: join(folder, "nats"),
    port: await freePort(),
    children: { run: join(folder, "run"), logs: join(folder, "logs") },
  };
  const started = await startNats(options, accounts);
  const url = started.url;
  let child: RunningChild = started.child;
  const stop = async () => {
    await child.stop(3_000);
    rmSync(folder, { recursive: true, force: true });
  };
  return {
    url,
    storeDir: join(options.folder, "jetstream"),
    pid: () => child.pid,
    kill: async () => {
      process.kill(child.pid, "SIGKILL");
      await child.exited;
    },
    restart: async () => {
      child = await startChild(natsServerSpec(options), options.children);
      await natsAnswers(url, accounts.hub, 15_000);
    },
    reload: async (next, works) => {
      writeNatsConfig(options, next);
      await reloadNats(child.pid, works);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
