import { channel } from "node:diagnostics_channel";
import type { CloudEvent, EventStream } from "@interco/contracts/cloud-event";
import { type Consumer, type ConsumerMessages, type JsMsg, jetstream } from "@nats-io/jetstream";
import type { Transaction } from "kysely";
import { newId } from "./ids.ts";
import { replayParked } from "./inbox-replay.ts";
import { aggregateOf, speaksForItself } from "./inbox-speaker.ts";
import { type Delivery, type InboxOutcome, parkEvent, takeEvent } from "./inbox-transaction.ts";
import type { Logger } from "./log.ts";
import { type NatsLink, sleep } from "./nats.ts";
import type { Database } from "./postgres.ts";
import { ACK_WAIT_MS } from "./streams.ts";

export interface InboxOptions<S, E extends CloudEvent> {
  /** The entity that reads. */
  entity: string;
  stream: EventStream;
  /** Name of the durable consumer: the entity's id, `hub` for `ENTITY`. */
  durable?: string;
  nats: NatsLink;
  /** `hub.API` on a commune's instance. */
  apiPrefix?: string;
  db: Database<S>;
  log: Logger;
  /** `readShared`, `readCatalogue` or `readEntity`. */
  read: (json: unknown) => E;
  /**
   * Applies an event inside the inbox's transaction; it skips by itself what isn't newer than what it
   * has. Throwing 5 times parks the event.
   */
  apply: (trx: Transaction<S>, event: E) => Promise<void>;
  /** After each commit that applied something: nudge a relay, tell a screen. */
  afterCommit?: (event: E) => void;
  /**
   * Called at each (re)connection with the consumer's creation time. Another one than last time means
   * that JetStream was lost: what this entity had said may be lost too, and should be said again.
   */
  onConsumer?: (createdAt: Date) => Promise<void>;
}

export interface InboxStats {
  connected: boolean;
  applied: number;
  repeated: number;
  /** Events parked since the process started: each one is an alert. */
  parked: number;
}

const ATTEMPTS = 5;
const RETRY_MS = 500;
// Enough for a backlog's pace; few enough that a stopped process leaves little to deliver again.
const PREFETCH = 64;
const EXPIRES_MS = 10_000;
const HEARTBEAT_MS = 2_500;

const received = channel("interco:inbox:received");
const beforeCommit = channel("interco:inbox:before-commit");
const afterCommit = channel("interco:inbox:after-commit");
const afterAck = channel("interco:inbox:after-ack");

/**
 * Reads one entity's durable consumer, for ever: through outages of NATS and PostgreSQL, and through the
 * consumer being deleted and made again. Each event has one effect: its id and its effect commit together,
 * and only then is it acknowledged (an acknowledgement alone doesn't survive a broker's crash).
 */
export class InboxConsumer<S, E extends CloudEvent> {
  readonly stats: InboxStats = { connected: false, applied: 0, repeated: 0, parked: 0 };
  readonly #options: InboxOptions<S, E>;
  readonly #stopping = new AbortController();
  /** The newest event done by this process, in the stream this consumer was made on. */
  #done = { consumer: "", seq: 0 };
  #running: Promise<void> | undefined;

  constructor(options: InboxOptions<S, E>) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends after the event under way; those fetched but not begun are given back at once. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** See `replayParked`; of this consumer's kind of events only. */
  replay(): Promise<{ replayed: number; left: number }> {
    return replayParked(this.#options);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#session();
      } catch (error) {
        if (!signal.aborted)
          this.#options.log.debug({ err: error, ...this.#name() }, "inbox not readable yet");
      }
      this.stats.connected = false;
      await sleep(RETRY_MS, signal);
    }
  }

  /** One stay at the consumer, until anything is odd; the next one begins from the server's word again. */
  async #session(): Promise<void> {
    const { nats, apiPrefix, stream, entity, durable = entity, onConsumer } = this.#options;
    const { signal } = this.#stopping;
    const nc = await nats.connected(signal);
    const js = jetstream(nc, apiPrefix === undefined ? {} : { apiPrefix });
    const consumer = await js.consumers.get(stream, durable);
    await onConsumer?.(new Date((await consumer.info(true)).created));
    await this.#letUnacknowledgedComeBack(consumer);
    const messages = await consumer.consume({
      max_messages: PREFETCH,
      expires: EXPIRES_MS,
      idle_heartbeat: HEARTBEAT_MS,
    });
    const leave = () => messages.stop();
    signal.addEventListener("abort", leave, { once: true });
    // The server that comes back may have lost everything: ask it again who the consumer is.
    const forget = nats.onUp(leave);
    if (signal.aborted) leave();
    this.stats.connected = true;
    try {
      void stopWhenOdd(messages);
      for await (const message of messages) {
        if (signal.aborted) message.nak();
        else await this.#handle(message);
      }
    } finally {
      forget();
      signal.removeEventListener("abort", leave);
      messages.stop();
    }
  }

  /**
   * What a dead process had fetched is delivered again when its acknowledgement is overdue, and then before
   * anything newer: waiting that long keeps the order. Nothing to wait for is the usual case, and so is a
   * broker that only forgot acknowledgements of what this process has done.
   */
  async #letUnacknowledgedComeBack(consumer: Consumer): Promise<void> {
    const { signal } = this.#stopping;
    const began = Date.now();
    while (!signal.aborted) {
      const { created, num_ack_pending, delivered } = await consumer.info();
      if (this.#done.consumer !== created) this.#done = { consumer: created, seq: 0 };
      if (num_ack_pending === 0 || delivered.stream_seq <= this.#done.seq) return;
      // Counted from the last delivery; never longer than from now, should the clocks disagree.
      const last = Date.parse(String(delivered.last_active ?? ""));
      const due = Math.min(Number.isNaN(last) ? began : last, began) + ACK_WAIT_MS + 500;
      if (Date.now() >= due) return;
      await sleep(100, signal);
    }
  }

  async #handle(message: JsMsg): Promise<void> {
    received.publish(message);
    const raw = rawOf(message);
    if (!speaksForItself(this.#options.stream, message.subject, raw)) {
      // Not parked: a replay must never apply it.
      this.#options.log.error({ alert: "forged_event", subject: message.subject }, "an event is dropped");
      this.#done.seq = Math.max(this.#done.seq, message.info.streamSequence);
      message.ack();
      return;
    }
    let event: E | undefined;
    let failure: unknown;
    try {
      event = this.#options.read(raw);
    } catch (error) {
      failure = error;
    }
    // A big repair takes longer than the broker waits for an acknowledgement.
    const busy = setInterval(() => message.working(), ACK_WAIT_MS / 2);
    const outcome = await (event
      ? this.#take(message, event, raw)
      : this.#park(message, raw, failure, 1)
    ).finally(() => clearInterval(busy));
    if (!outcome) return; // stopping: it is delivered again
    this.#done.seq = Math.max(this.#done.seq, message.info.streamSequence);
    afterCommit.publish(message);
    message.ack();
    afterAck.publish(message);
    if (outcome === "applied") this.stats.applied += 1;
    if (outcome === "done before") this.stats.repeated += 1;
    if (outcome === "applied" && event) this.#options.afterCommit?.(event);
  }

  /** Tries until it is done, or poison. PostgreSQL being away isn't the event's fault and isn't counted. */
  async #take(message: JsMsg, event: E, raw: unknown): Promise<InboxOutcome | undefined> {
    const { signal } = this.#stopping;
    const { entity, apply, db, stream } = this.#options;
    const { id, type, subject } = event;
    const head = { id, type, subject: aggregateOf(stream, message.subject, subject) };
    const delivery: Delivery = { entity, subject: message.subject, event: head, raw };
    let failures = 0;
    while (!signal.aborted) {
      try {
        return await this.#within(async (trx) => {
          const outcome = await takeEvent(trx, delivery, () => apply(trx, event));
          beforeCommit.publish(message);
          return outcome;
        });
      } catch (error) {
        if (isPassing(error) || !(await db.answers())) {
          await sleep(RETRY_MS, signal);
        } else {
          failures += 1;
          if (failures >= ATTEMPTS) return this.#park(message, raw, error, failures);
          await sleep(10 * 2 ** failures, signal);
        }
        message.working();
      }
    }
    return undefined;
  }

  async #park(
    message: JsMsg,
    raw: unknown,
    failure: unknown,
    attempts: number,
  ): Promise<InboxOutcome | undefined> {
    const { entity, log, stream } = this.#options;
    const head = headOf(raw, message);
    const event = { ...head, subject: aggregateOf(stream, message.subject, head.subject) };
    const error = failure instanceof Error ? failure.message : String(failure);
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        const delivery = { entity, subject: message.subject, event, raw };
        await this.#within((trx) => parkEvent(trx, delivery, { error, attempts }));
        this.stats.parked += 1;
        log.error(
          { alert: "inbox_dead", err: failure, subject: message.subject, eventId: event.id },
          "an event is parked",
        );
        return "parked";
      } catch (again) {
        log.warn({ err: again }, "an event couldn't even be parked");
        await sleep(RETRY_MS, signal);
        message.working();
      }
    }
    return undefined;
  }

  #within<T>(work: (trx: Transaction<S>) => Promise<T>): Promise<T> {
    return this.#options.db.within({ entities: [this.#options.entity] }, work);
  }

  #name() {
    return { stream: this.#options.stream, entity: this.#options.entity };
  }
}

/**
 * The client would wait out its own timers when a consumer is gone (up to a minute on its defaults);
 * leaving and coming back finds it again within a second.
 */
async function stopWhenOdd(messages: ConsumerMessages): Promise<void> {
  for await (const { type } of messages.status()) {
    if (type === "next" || type === "heartbeat" || type === "debug" || type === "discard") continue;
    messages.stop();
  }
}

function rawOf(message: JsMsg): unknown {
  try {
    return message.json();
  } catch {
    return message.string();
  }
}

/** What can be told of an event, even unreadable: enough to park it. */
function headOf(raw: unknown, message: JsMsg): Delivery["event"] {
  const { id, subject, type } = (typeof raw === "object" && raw ? raw : {}) as Record<string, unknown>;
  const uuid = [id, message.headers?.get("Nats-Msg-Id")].find(isUuid);
  return {
    id: uuid ?? newId(),
    subject: typeof subject === "string" && subject ? subject : message.subject,
    type: typeof type === "string" ? type : "",
  };
}

function isUuid(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
}

/** Failures that say nothing of the event: connection, shutdown, resources, deadlock (SQLSTATE classes). */
function isPassing(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^(08|53|57P|40|25P03|55P03)/.test(code);
}
