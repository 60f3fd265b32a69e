import type { Logger } from "@interco/platform/log";
import { sql } from "kysely";
import type { Database } from "../database.ts";

/**
 * Gives back the jobs that a killed process had taken: the queue would keep them from everybody for four hours, and a citizen
 * from their acknowledgement. To be called before this process takes any. Does nothing where another one works on the same
 * database.
 */
export async function freeJobsOfTheDead(db: Database, log: Logger): Promise<void> {
  const { rows } = await sql<{ workers: string[]; jobs: number }>`
    select coalesce(array_agg(distinct locked_by), '{}') as workers, count(*)::int as jobs from graphile_worker.jobs
    where locked_by is not null and not exists (
      select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
        and application_name = current_setting('application_name'))`.execute(db.open);
  const [{ workers, jobs } = { workers: [], jobs: 0 }] = rows;
  if (jobs === 0) return;
  await sql`select graphile_worker.force_unlock_workers(${workers})`.execute(db.open);
  log.warn({ jobs }, "jobs of a process that died are free again");
}
