import { connectDatabase } from "@interco/platform/postgres";
import type { Deps } from "../deps.ts";
import { LetterWriter } from "../letters/letter-writer.ts";
import { MailServer } from "../letters/mail-server.ts";
import { RequestLetters } from "../letters/request-letters.ts";
import type { DB } from "../schema.ts";
import { forgetExpired } from "./expiry-repository.ts";
import { requestTasks } from "./request-tasks.ts";

/**
 * Runs the jobs the relay makes: letters, alerts, and the hourly removal of what has expired. Under the worker's own role, with
 * two connections. Jobs that fail are tried again with back-off by graphile-worker.
 */
export async function startWorker(deps: Deps): Promise<{ stop: () => Promise<void> }> {
  const { config, log } = deps;
  const { Logger, run } = await import("graphile-worker");
  const db = connectDatabase<DB>(config.database.worker, {
    max: 2,
    name: `interco-worker-${config.name}`,
    repeatable: true,
  });
  const server = new MailServer(config.smtp.url);
  const tasks = requestTasks({
    ...deps,
    workerDb: db,
    letters: new RequestLetters(deps),
    writer: new LetterWriter(deps, db, server),
  });
  const runner = await run({
    pgPool: db.pool,
    concurrency: 2,
    noHandleSignals: true,
    pollInterval: 1_000,
    logger: new Logger(
      () => (level, message) =>
        level === "error" ? log.error({ job: true }, message) : log.debug({ job: true }, message),
    ),
    taskList: { ...tasks, "forget-expired": () => forgetExpired(db, config.hostedIds) },
    crontab: "7 * * * * forget-expired",
  });
  return {
    stop: async () => {
      await runner.stop();
      await server.close();
      await db.close();
    },
  };
}
