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

export interface JobCounts {
  /** That should run now, or do. */
  due: number;
  later: number;
  /** That failed and will be tried again. */
  failing: number;
  /** That failed as often as they may. */
  givenUp: number;
}

/** What the job queue holds. Under the worker's role, whose the queue is. */
export async function countJobs(db: Database): Promise<JobCounts> {
  const { rows } = await sql<JobCounts>`
    select count(*) filter (where attempts < max_attempts and run_at <= now())::int as due,
      count(*) filter (where attempts < max_attempts and run_at > now())::int as later,
      count(*) filter (where attempts between 1 and max_attempts - 1 and last_error is not null)::int as failing,
      count(*) filter (where attempts >= max_attempts)::int as "givenUp"
    from graphile_worker.jobs`.execute(db.open);
  return rows[0] ?? { due: 0, later: 0, failing: 0, givenUp: 0 };
}
