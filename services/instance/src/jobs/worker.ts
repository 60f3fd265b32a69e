import type { Calm } from "@interco/platform/calm";
import { MailServer } from "@interco/platform/mail-server";
import { connectDatabase } from "@interco/platform/postgres";
import type { Task } from "graphile-worker";
import { tellIdentityProvider } from "../agents/tell-identity-provider.ts";
import type { Database } from "../database.ts";
import type { Deps } from "../deps.ts";
import { LetterWriter } from "../letters/letter-writer.ts";
import { RequestLetters } from "../letters/request-letters.ts";
import type { DB } from "../schema.ts";
import { eraseRetained } from "./erase-retained.ts";
import { forgetExpired } from "./expiry-repository.ts";
import { freeJobsOfTheDead } from "./job-repository.ts";
import { requestTasks } from "./request-tasks.ts";

/** A letter waits this long at most for a process that answers people. */
const PATIENCE_MS = 2_000;

/**
 * Runs the jobs the outbox makes: letters, alerts, and the hourly removal of what has expired or was kept long enough. Under the worker's own role, with
 * three connections (one listens), and when the process has time. Jobs that fail are tried again with back-off by graphile-worker.
 */
export async function startWorker(
  deps: Deps,
  calm: Calm,
): Promise<{ db: Database; stop: () => Promise<void> }> {
  const { config, log } = deps;
  const { Logger, run } = await import("graphile-worker");
  const db = connectDatabase<DB>(config.database.worker, {
    max: 3,
    name: `interco-worker-${config.name}`,
    repeatable: true,
  });
  await freeJobsOfTheDead(db, log);
  const server = new MailServer(config.smtp.url);
  const tasks = requestTasks({
    ...deps,
    workerDb: db,
    letters: new RequestLetters(deps),
    writer: new LetterWriter(deps, db, server),
    teamJobs: new Map(),
  });
  const stopping = new AbortController();
  const whenCalm =
    (task: Task): Task =>
    async (payload, helpers) => {
      await calm.comes(PATIENCE_MS, stopping.signal);
      return task(payload, helpers);
    };
  const runner = await run({
    pgPool: db.pool,
    preset: {
      worker: {
        concurrentJobs: 2,
        pollInterval: 1_000,
        // Fetching them one by one costs more than most of them.
        localQueue: { size: 16 },
        completeJobBatchDelay: 100,
      },
    },
    noHandleSignals: true,
    logger: new Logger(
      () => (level, message) =>
        level === "error" ? log.error({ job: true }, message) : log.debug({ job: true }, message),
    ),
    taskList: {
      ...Object.fromEntries(Object.entries(tasks).map(([name, task]) => [name, whenCalm(task as Task)])),
      "agent-word": (payload) =>
        tellIdentityProvider({ ...deps, workerDb: db }, payload as { entity: string; email: string }),
      "forget-expired": () => forgetExpired(db, config.hostedIds),
      "erase-retained": whenCalm(
        async () => void (await eraseRetained({ ...deps, workerDb: db }, stopping.signal)),
      ),
    },
    crontab: "7 * * * * forget-expired\n37 * * * * erase-retained",
  });
  return {
    db,
    stop: async () => {
      stopping.abort();
      await runner.stop();
      await server.close();
      await db.close();
    },
  };
}
