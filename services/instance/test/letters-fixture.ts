import { addGraphileJobs, JobMaker } from "@interco/platform/job-maker";
import { createLog } from "@interco/platform/log";
import { connectDatabase } from "@interco/platform/postgres";
import { type CaughtMail, startTestMail } from "@interco/testing/mail";
import pg from "pg";
import { vi } from "vitest";
import type { DB } from "../src/schema.ts";
import { createBackoffice } from "./backoffice-fixture.ts";
import { startJobs } from "./running-jobs.ts";

const log = createLog("test", "silent");

/** An instance whose letters leave, to a catcher of its own. */
export async function startLetters() {
  const stack = new AsyncDisposableStack();
  const mail = stack.use(await startTestMail());
  const instance = stack.use(
    await createBackoffice(["metropole", "woippy", "metz"], { mailed: true, smtp: mail.smtp }),
  );
  const admin = new pg.Client({ connectionString: instance.database.admin });
  await admin.connect();
  stack.defer(() => admin.end());
  const entities = instance.config.hostedIds;
  const mails = async () => (await (await fetch(mail.api)).json()) as CaughtMail[];
  /** Makes the jobs of what was written, which nobody does yet. */
  const makeJobs = async () => {
    await using made = new AsyncDisposableStack();
    const db = connectDatabase<DB>(instance.database.worker, { max: 1, name: "jobs" });
    made.defer(() => db.close());
    const jobs = new JobMaker({ db, entities, log, addJobs: addGraphileJobs });
    made.defer(() => jobs.stop());
    jobs.start();
    await vi.waitFor(
      async () => {
        const { rowCount } = await admin.query("select 1 from outbox where jobs_done_at is null");
        if (rowCount !== 0) throw new Error("jobs are still to be made");
      },
      { timeout: 15_000, interval: 20 },
    );
  };
  const work = () => startJobs(instance);
  return { instance, admin, mails, makeJobs, work, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
