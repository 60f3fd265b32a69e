import { type QueryExecutorProvider, sql } from "kysely";
import type { Calm } from "./calm.ts";
import { Doorbell } from "./doorbell.ts";
import type { Logger } from "./log.ts";
import { sleep } from "./nats.ts";
import type { Database } from "./postgres.ts";
import { runStatement, type Statement } from "./statement.ts";

export interface JobMakerOptions<S> {
  /** Under the worker's role, which may read and mark the outbox. */
  db: Database<S>;
  /** Entities hosted here: the lines row-level security shows. */
  entities: readonly string[];
  log: Logger;
  /** Puts jobs in their queue, in the transaction that marks their lines: `addGraphileJobs`. */
  addJobs: (jobs: readonly OutgoingJob[], trx: QueryExecutorProvider) => Promise<void>;
  /** Waits while people are being answered. */
  calm?: Calm;
}

export interface OutgoingJob {
  /** The line's aggregate and event id, `<aggregate>:<event id>` (then `…:1`… when the line makes several): see `jobsOfAggregate`. */
  key: string;
  task: string;
  payload: unknown;
  /** ISO 8601; null: at once. */
  runAt: string | null;
}

export interface JobMakerStats {
  made: number;
  failures: number;
}

const POLL_MS = 1_000;
const BATCH = 256;
const RETRY_MS = 1_000;
const PATIENCE_MS = 1_000;
/** After lines had their jobs made: those that come meanwhile have theirs made together. Alone, a line waits for nothing. */
const GATHER_MS = 200;

// Any constant does; the lock is the database's own.
const LOCK = 7_262_002;

const TAKE_LOCK: Statement = { name: "job-maker-lock", text: "select pg_try_advisory_xact_lock($1) as mine" };
const WITHOUT_JOBS: Statement = {
  name: "job-maker-lines",
  text: "select seq, event_id, aggregate, jobs from outbox where jobs_done_at is null order by seq limit $1",
};
const MARK: Statement = {
  name: "job-maker-mark",
  text: "update outbox set jobs_done_at = now() where seq = any ($1)",
  last: true,
};

/**
 * Turns the outbox's lines into jobs, once exactly: in the transaction that marks their lines, by one process at a time. Apart
 * from the relay: events never wait for jobs, nor jobs for NATS.
 */
export class JobMaker<S> {
  readonly stats: JobMakerStats = { made: 0, failures: 0 };
  readonly #options: JobMakerOptions<S>;
  readonly #stopping = new AbortController();
  readonly #bell = new Doorbell();
  #running: Promise<void> | undefined;

  constructor(options: JobMakerOptions<S>) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Looks at the outbox now rather than at the next poll: call it after a commit. */
  nudge(): void {
    this.#bell.ring();
  }

  /** Ends after the batch under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.nudge();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { log, calm } = this.#options;
    while (!signal.aborted) {
      await calm?.comes(PATIENCE_MS, signal);
      try {
        const made = await this.#make();
        if (made === BATCH) continue;
        if (made > 0) await sleep(GATHER_MS, signal);
      } catch (err) {
        this.stats.failures += 1;
        if (!signal.aborted) log.warn({ err }, "jobs couldn't be made; they wait");
        await sleep(RETRY_MS, signal);
      }
      await this.#bell.wait(POLL_MS);
    }
  }

  /** How many lines had their jobs made. */
  async #make(): Promise<number> {
    const { db, entities, addJobs } = this.#options;
    const making = async (trx: QueryExecutorProvider) => {
      // A lock of its own and none on the lines: the relay marks the same ones meanwhile. In a statement of its own: one that took
      // the lock and read at once would read as things were before the lock, lines another process has just done included.
      const { rows: locks } = await runStatement<{ mine: boolean }>(trx, TAKE_LOCK, [LOCK]);
      if (!locks[0]?.mine) return 0;
      const { rows: lines } = await runStatement<Line>(trx, WITHOUT_JOBS, [BATCH]);
      if (lines.length === 0) return 0;
      const jobs = lines.flatMap(jobsOf);
      await addJobs(jobs, trx);
      await runStatement(trx, MARK, [lines.map(({ seq }) => seq)]);
      this.stats.made += jobs.length;
      return lines.length;
    };
    return db.within({ entities }, making, { planned: true });
  }
}

/**
 * The bounds of the keys of an aggregate's jobs, both left out: the key's index finds them. Between them keys sort as the lines were
 * written: event ids are UUIDv7, made while the aggregate's row is locked. True of any collation, for the last character of the upper
 * one comes after all hexadecimal digits.
 */
export function jobsOfAggregate(aggregate: string): { above: string; below: string } {
  return { above: `${aggregate}:`, below: `${aggregate}:g` };
}

interface Line {
  seq: number;
  event_id: string;
  aggregate: string;
  jobs: { task: string; payload: unknown; runAt?: string }[];
}

function jobsOf({ event_id, aggregate, jobs }: Line): OutgoingJob[] {
  return jobs.map(({ task, payload, runAt }, index) => ({
    key: `${aggregate}:${event_id}${index === 0 ? "" : `:${index}`}`,
    task,
    payload,
    runAt: runAt ?? null,
  }));
}

/** Makes graphile-worker jobs. A key alone would not make them once: it is forgotten once its job has run, and a mail would leave twice. */
export async function addGraphileJobs(
  jobs: readonly OutgoingJob[],
  trx: QueryExecutorProvider,
): Promise<void> {
  const specs = jobs.map(({ key, task, payload, runAt }) => ({
    identifier: task,
    payload,
    run_at: runAt,
    job_key: key,
  }));
  await sql`select from graphile_worker.add_jobs(
    array(select json_populate_recordset(null::graphile_worker.job_spec, ${JSON.stringify(specs)}::json)))`.execute(
    trx,
  );
}
