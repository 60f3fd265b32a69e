/** Runs one statement in the relay's own transaction. */
export type RelayQuery = (text: string, values: unknown[]) => Promise<unknown>;

export interface RelayJob {
  /** The line's event id (then `<event id>:1`… when the line makes several). */
  key: string;
  task: string;
  payload: unknown;
  /** ISO 8601; null: at once. */
  runAt: string | null;
}

/**
 * Makes graphile-worker jobs. In the transaction that marks the lines: a key alone would not be enough,
 * since it is forgotten once its job has run, and a mail would leave twice.
 */
export async function addGraphileJobs(jobs: readonly RelayJob[], query: RelayQuery): Promise<void> {
  const specs = jobs.map(({ key, task, payload, runAt }) => ({
    identifier: task,
    payload,
    run_at: runAt,
    job_key: key,
  }));
  await query(
    `select from graphile_worker.add_jobs(
       array(select json_populate_recordset(null::graphile_worker.job_spec, $1::json))
     )`,
    [JSON.stringify(specs)],
  );
}
