import type { SharedEvent } from "@interco/contracts/events/event-list";
import { type Generated, type QueryExecutorProvider, sql, type Transaction } from "kysely";
import type { OutgoingJob } from "../src/job-maker.ts";

export const HUB = "metr0p0leaaa";
export const WOIPPY = "w0ippyaaaaaa";

/** What these tests' consumer writes: every application in order, and the newest version of each row. */
export interface Schema {
  applied: { seq: Generated<number>; request: string; version: number };
  job_made: { key: string; task: string };
}

/** Stands for what a service does with an event: every application leaves a line. */
export async function recordApplied(trx: Transaction<Schema>, event: SharedEvent): Promise<void> {
  const version = "version" in event.data ? event.data.version : 0;
  await trx.insertInto("applied").values({ request: event.subject, version }).execute();
}

/** Stands for the job queue. */
export async function recordJobs(jobs: readonly OutgoingJob[], trx: QueryExecutorProvider): Promise<void> {
  for (const { key, task } of jobs) await sql`insert into job_made values (${key}, ${task})`.execute(trx);
}
