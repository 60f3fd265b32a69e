import { channel } from "node:diagnostics_channel";
import { type JetStreamClient, jetstream, type PubAck } from "@nats-io/jetstream";
import pg from "pg";
import { Doorbell } from "./doorbell.ts";
import { isEntityId } from "./ids.ts";
import type { Logger } from "./log.ts";
import { type NatsLink, sleep } from "./nats.ts";
import { eraseShared, streamManager } from "./streams.ts";

export interface RelayOptions {
  /** URL of the worker's role, which may read and mark the outbox. */
  database: string;
  /** Entities hosted here: the lines row-level security shows. */
  entities: readonly string[];
  nats: NatsLink;
  log: Logger;
}

export interface RelayStats {
  /** True in the one process that holds the lock. */
  active: boolean;
  published: number;
  /** Rounds that published something. */
  batches: number;
  failures: number;
  /** Age of the oldest line not yet published, as last seen. */
  lagMs: number;
}

interface Line {
  seq: number;
  event_id: string;
  aggregate: string;
  subject: string;
  payload: string;
  age_ms: number;
}

const POLL_MS = 200;
const BATCH = 256;
const MANY = 3;
const LINGER_MS = 15;
const PUBLISH_MS = 3_000;
const RETRY_MS = { first: 200, most: 5_000 };
const PRUNE_MS = 60 * 60_000;
const KEPT = "14 days";

// Any constant does; the lock is the database's own.
const LOCK = 7_262_001;

// Where tests kill the process.
const beforePublish = channel("interco:relay:before-publish");
const afterPublish = channel("interco:relay:after-publish");
const beforeMark = channel("interco:relay:before-mark");
const afterMark = channel("interco:relay:after-mark");

/**
 * Turns the outbox's lines into events, at least once each: the message id and the inbox make it one effect. One process at a
 * time by a session advisory lock, which ends with its connection.
 *
 * It takes every unpublished line in the order of `seq`, each time: a cursor would lose a line that
 * commits after a later one. With NATS away events wait.
 */
export class Relay {
  readonly stats: RelayStats = { active: false, published: 0, batches: 0, failures: 0, lagMs: 0 };
  readonly #options: RelayOptions;
  readonly #stopping = new AbortController();
  readonly #forget: () => void;
  #running: Promise<void> | undefined;
  readonly #bell = new Doorbell();
  #natsRetry = { at: 0, wait: 0 };

  constructor(options: RelayOptions) {
    if (!options.entities.every(isEntityId)) throw new Error("a relay needs entity ids");
    this.#options = options;
    this.#forget = options.nats.onUp(() => {
      this.#natsRetry = { at: 0, wait: 0 };
      this.nudge();
    });
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
    this.#forget();
    this.nudge();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const client = new pg.Client({
        connectionString: this.#options.database,
        application_name: "relay",
        connectionTimeoutMillis: 5_000,
        // Its transactions are two statements long: one that stays open has lost its process.
        idle_in_transaction_session_timeout: 10_000,
        statement_timeout: 15_000,
        keepAlive: true,
        // A crash of PostgreSQL may undo a mark: the line leaves again, and its message id makes it one effect. Its statements read
        // by indexes whatever the size of the outbox: they are planned once.
        options:
          "-c synchronous_commit=off -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off",
      });
      client.on("error", () => {}); // said by the query that fails
      try {
        await client.connect();
        await this.#relay(client);
      } catch (error) {
        this.#failed(error, "the relay lost PostgreSQL");
        await sleep(500, signal);
      } finally {
        this.stats.active = false;
        await client.end().catch(() => {});
      }
    }
  }

  async #relay(client: pg.Client): Promise<void> {
    const { signal } = this.#stopping;
    await client.query("select set_config('interco.entities', $1, false)", [this.#options.entities.join()]);
    // Tried again and again, since a statement that waits for a lock holds back the vacuum of every table.
    while (!signal.aborted && !(await this.#lock(client))) await sleep(500, signal);
    this.stats.active = !signal.aborted;
    let pruneAt = 0;
    while (!signal.aborted) {
      if (Date.now() >= pruneAt) {
        await prune(client);
        pruneAt = Date.now() + PRUNE_MS;
      }
      const published = await this.#round(client);
      if (published === BATCH) continue;
      // In a burst a little wait makes the next round serve many; alone, an event leaves at once.
      if (published >= MANY) await sleep(LINGER_MS, signal);
      await this.#bell.wait(POLL_MS);
    }
  }

  async #lock(client: pg.Client): Promise<boolean> {
    const { rows } = await client.query<{ got: boolean }>("select pg_try_advisory_lock($1) as got", [LOCK]);
    return rows[0]?.got ?? false;
  }

  /** How many events left. */
  async #round(client: pg.Client): Promise<number> {
    const nats = Date.now() >= this.#natsRetry.at ? this.#options.nats.connection : undefined;
    // With NATS away the oldest line alone is read, to know the lag.
    const lines = await waitingLines(client, nats ? BATCH : 1);
    this.stats.lagMs = lines[0]?.age_ms ?? 0;
    if (!nats) return 0;
    const published = await this.#publish(jetstream(nats, { timeout: PUBLISH_MS }), lines);
    await this.#mark(client, published);
    if (published.length === lines.length) this.stats.lagMs = 0;
    return published.length;
  }

  /** Publishes all at once and keeps the acknowledged ones up to the first that failed. */
  async #publish(js: JetStreamClient, lines: Line[]): Promise<Line[]> {
    if (lines.length === 0) return [];
    beforePublish.publish(lines);
    const answers = await Promise.allSettled(
      lines.map((line) => js.publish(line.subject, line.payload, { msgID: line.event_id })),
    );
    const failed = answers.find((answer) => answer.status === "rejected");
    const acks = answers.slice(0, failed && answers.indexOf(failed)).flatMap(fulfilled);
    const done = lines.slice(0, acks.length);
    try {
      await this.#eraseFromStream(done, acks);
      if (failed) throw failed.reason;
      this.#natsRetry = { at: 0, wait: 0 };
    } catch (error) {
      this.#failed(error, "an event couldn't be published; it waits");
      const wait = Math.min(this.#natsRetry.wait * 2 || RETRY_MS.first, RETRY_MS.most);
      this.#natsRetry = { at: Date.now() + wait, wait };
      // Not erased from the stream: not done. Published again, it is a duplicate there.
      if (error !== failed?.reason) return [];
    }
    afterPublish.publish(done);
    return done;
  }

  /** `erased` reaches every copy: what the stream still holds of the request for that entity goes. */
  async #eraseFromStream(lines: Line[], acks: PubAck[]): Promise<void> {
    for (const [index, line] of lines.entries()) {
      const ack = acks[index];
      if (!ack || !isErasure(line)) continue;
      const nats = await this.#options.nats.connected(this.#stopping.signal);
      await eraseShared(await streamManager(nats), line.subject, ack.seq);
    }
  }

  async #mark(client: pg.Client, lines: Line[]): Promise<void> {
    if (lines.length === 0) return;
    beforeMark.publish(lines);
    await client.query({
      name: "mark-published",
      text: "update outbox set published_at = now() where seq = any($1)",
      values: [lines.map((l) => l.seq)],
    });
    for (const { aggregate, seq } of lines.filter(isErasure)) {
      await client.query(
        "delete from outbox where aggregate = $1 and seq < $2 and published_at is not null and jobs_done_at is not null",
        [aggregate, seq],
      );
    }
    afterMark.publish(lines);
    this.stats.published += lines.length;
    this.stats.batches += 1;
  }

  #failed(error: unknown, message: string): void {
    if (this.#stopping.signal.aborted) return;
    this.stats.failures += 1;
    this.#options.log.warn({ err: error }, message);
  }
}

async function waitingLines(client: pg.Client, most: number): Promise<Line[]> {
  const { rows } = await client.query<Line>({
    name: "waiting-lines",
    text: `
      select seq, event_id, aggregate, subject, payload,
        (extract(epoch from clock_timestamp() - created_at) * 1000)::float8 as age_ms
      from outbox where published_at is null and subject is not null order by seq limit $1`,
    values: [most],
  });
  return rows;
}

async function prune(client: pg.Client): Promise<void> {
  await client.query(
    `delete from outbox where published_at < now() - interval '${KEPT}' and jobs_done_at is not null`,
  );
  await client.query(`delete from inbox where received_at < now() - interval '${KEPT}'`);
}

function fulfilled<T>(answer: PromiseSettledResult<T>): T[] {
  return answer.status === "fulfilled" ? [answer.value] : [];
}

function isErasure(line: Line): boolean {
  return line.subject.startsWith("shared.") && line.subject.endsWith(".erased");
}
