import type { QueryExecutorProvider } from "kysely";
import type { Logger } from "./log.ts";
import { type NatsLink, sleep } from "./nats.ts";
import { ensureConsumers, ensureStreams, type StreamName, streamManager } from "./streams.ts";
import { recall } from "./streams-memory.ts";

export interface StreamsWatchOptions {
  nats: NatsLink;
  /** Of a role that may write `stream_state`. */
  db: QueryExecutorProvider;
  log: Logger;
  /** Entities that read streams, wherever they are hosted. */
  entities: () => readonly string[] | Promise<readonly string[]>;
  /**
   * A stream was lost and made again, empty: everyone who reads it must be repaired from PostgreSQL.
   * Called again at the next look if it throws.
   */
  onStreamRecreated: (stream: StreamName) => Promise<void>;
}

const EVERY_MS = 5_000;

/**
 * Keeps the streams and consumers there, on the hub only: looks every 5 s and at each reconnection, makes
 * what is missing, and says when a stream isn't the one it was.
 */
export class StreamsWatch {
  readonly #options: StreamsWatchOptions;
  readonly #stopping = new AbortController();
  #wake = new AbortController();
  #running: Promise<void> | undefined;
  readonly #forget: () => void;

  constructor(options: StreamsWatchOptions) {
    this.#options = options;
    this.#forget = options.nats.onUp(() => this.lookNow());
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Doesn't wait for the next look: an entity was added, a publish found no stream. */
  lookNow(): void {
    this.#wake.abort();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#forget();
    this.lookNow();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      try {
        await this.#look();
      } catch (error) {
        if (!signal.aborted) this.#options.log.warn({ err: error }, "the streams couldn't be looked at");
      }
      await sleep(EVERY_MS, AbortSignal.any([signal, this.#wake.signal]));
    }
  }

  async #look(): Promise<void> {
    const { nats, db, log, entities, onStreamRecreated } = this.#options;
    const jsm = await streamManager(await nats.connected(this.#stopping.signal));
    const streams = await ensureStreams(jsm);
    await ensureConsumers(jsm, [...(await entities())]);
    for (const { name, createdAt } of streams) {
      const { seen, remember } = await recall(db, name, createdAt);
      if (seen === "changed") {
        log.error(
          { alert: "stream_lost", stream: name, createdAt },
          "a stream was lost; everyone is repaired",
        );
        await onStreamRecreated(name);
      }
      await remember();
    }
  }
}
