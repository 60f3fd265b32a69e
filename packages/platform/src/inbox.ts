import { channel } from "node:diagnostics_channel";
import type { CloudEvent, EventStream } from "@interco/contracts/cloud-event";
import { type Consumer, type ConsumerMessages, type JsMsg, jetstream } from "@nats-io/jetstream";
import type { Transaction } from "kysely";
import { dropSurplus } from "./inbox-dead.ts";
import { type Delivery, type Received, readDelivery } from "./inbox-delivery.ts";
import { InboxFeed } from "./inbox-feed.ts";
import { speakerOf } from "./inbox-speaker.ts";
import { type InboxOutcome, parkEvent, rememberOnly, takeEvent, takeEvents } from "./inbox-transaction.ts";
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
   * has. Throwing 5 times parks the event; once, where its data is none PostgreSQL takes.
   */
  apply: (trx: Transaction<S>, event: E) => Promise<void>;
  /**
   * For a backlog: events of these kinds that follow each other share a transaction, applied in their order. When it fails each
   * is taken alone, by `apply`.
   */
  together?: {
    takes: (event: E) => boolean;
    apply: (trx: Transaction<S>, events: readonly E[]) => Promise<void>;
  };
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
  /** Refused events that could not be kept, or not any longer: nothing can replay them, only a repair helps. */
  lost: number;
  /** Events the broker had behind the last one, as it said when it delivered that. */
  behind: number;
}

const ATTEMPTS = 5;
const RETRY_MS = 500;
// Enough for a backlog's pace; few enough that a stopped process leaves little to deliver again.
const PREFETCH = 64;
const MANY = 3;
const COUNT_EVERY = 32;
const LINGER_MS = 15;
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
  readonly stats: InboxStats = { connected: false, applied: 0, repeated: 0, parked: 0, lost: 0, behind: 0 };
  readonly #options: InboxOptions<S, E>;
  readonly #stopping = new AbortController();
  /** The newest event done by this process, in the stream this consumer was made on. */
  #done = { consumer: "", seq: 0 };
  /** How many events of each speaker this process has parked. */
  readonly #parkedBy = new Map<string, number>();
  #running: Promise<void> | undefined;

  constructor(options: InboxOptions<S, E>) {
    this.#options = options;
  }

  get entity(): string {
    return this.#options.entity;
  }

  get stream(): EventStream {
    return this.#options.stream;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends after the events under way; those fetched but not begun are given back at once. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
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
    const comesBack = await this.#awaitUnacknowledged(consumer);
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
      const feed = new InboxFeed(messages);
      if (comesBack) {
        const unacknowledged = async () => (await consumer.info()).num_ack_pending;
        await this.#handle(await feed.gather(unacknowledged, signal));
      }
      for (;;) {
        const batch = await feed.take(PREFETCH);
        if (!batch) break;
        if (signal.aborted) for (const message of batch) message.nak();
        else await this.#handle(batch);
        // In a burst a little wait makes the next transaction serve many; alone, an event is read at once.
        if (batch.length >= MANY && batch.length < PREFETCH) await sleep(LINGER_MS, signal);
      }
    } finally {
      forget();
      signal.removeEventListener("abort", leave);
      messages.stop();
    }
  }

  /**
   * What a dead process had fetched is delivered again when its acknowledgement is overdue: waits that long, and says whether
   * anything is to come back. Nothing to wait for is the usual case, and so is a broker that only forgot acknowledgements of what this process
   * has done.
   */
  async #awaitUnacknowledged(consumer: Consumer): Promise<boolean> {
    const { signal } = this.#stopping;
    const began = Date.now();
    for (;;) {
      const { created, num_ack_pending, delivered } = await consumer.info();
      if (this.#done.consumer !== created) this.#done = { consumer: created, seq: 0 };
      if (num_ack_pending === 0 || delivered.stream_seq <= this.#done.seq) return false;
      // Counted from the last delivery; never longer than from now, should the clocks disagree.
      const last = Date.parse(String(delivered.last_active ?? ""));
      const due = Math.min(Number.isNaN(last) ? began : last, began) + ACK_WAIT_MS + 500;
      if (Date.now() >= due || signal.aborted) return true;
      await sleep(100, signal);
    }
  }

  /** In order: runs of events that may be applied together, and the others one by one. */
  async #handle(batch: readonly JsMsg[]): Promise<void> {
    // A big repair takes longer than the broker waits for an acknowledgement, and so may what waits behind it.
    const undone = new Set(batch);
    const busy = setInterval(() => {
      for (const message of undone) message.working();
    }, ACK_WAIT_MS / 2);
    try {
      let run: Received<E>[] = [];
      for (const message of batch) {
        received.publish(message);
        const one = readDelivery(this.#options, message);
        const joins = one.kind === "event" && this.#options.together?.takes(one.event);
        if (!joins || run.length >= PREFETCH) {
          await this.#takeRun(run, undone);
          run = [];
        }
        if (joins) run.push(one);
        else await this.#takeOne(one, undone);
      }
      await this.#takeRun(run, undone);
    } finally {
      clearInterval(busy);
      if (this.#stopping.signal.aborted) for (const message of undone) message.nak();
    }
  }

  async #takeRun(run: Received<E>[], undone: Set<JsMsg>): Promise<void> {
    if (run.length < 2 || !(await this.#takeTogether(run, undone)))
      for (const one of run) await this.#takeOne(one, undone);
  }

  /** False when the transaction failed, or one of its events waits behind a parked one: each is taken alone then. */
  async #takeTogether(run: Received<E>[], undone: Set<JsMsg>): Promise<boolean> {
    const { db, entity, together } = this.#options;
    const events = run.flatMap((one) => (one.kind === "event" ? [one] : []));
    if (!together || this.#stopping.signal.aborted) return false;
    const fresh = await db
      .within(
        { entities: [entity] },
        async (trx) => {
          const found = await takeEvents(
            trx,
            entity,
            events.map(({ delivery }) => delivery),
          );
          if (!found) throw new Error("an event waits behind a parked one");
          const left = new Set(found);
          // An event delivered twice in one batch is applied once.
          const once = events.filter(({ delivery }) => left.delete(delivery.event.id));
          if (once.length > 0)
            await together.apply(
              trx,
              once.map(({ event }) => event),
            );
          for (const { message } of events) beforeCommit.publish(message);
          return found;
        },
        { planned: true },
      )
      .catch(() => undefined);
    if (!fresh) return false;
    const left = new Set(fresh);
    for (const { message, event, delivery } of events)
      this.#finish(message, event, left.delete(delivery.event.id) ? "applied" : "done before", undone);
    return true;
  }

  async #takeOne(one: Received<E>, undone: Set<JsMsg>): Promise<void> {
    const { message } = one;
    if (one.kind === "forged") {
      // Not parked: a replay must never apply it.
      this.#options.log.error({ alert: "forged_event", subject: message.subject }, "an event is dropped");
      this.#done.seq = Math.max(this.#done.seq, message.info.streamSequence);
      message.ack();
      undone.delete(message);
      return;
    }
    const outcome = await (one.kind === "event"
      ? this.#take(one)
      : this.#park(one, { error: one.failure, attempts: 1 }));
    if (!outcome) return; // stopping: it is delivered again
    if (outcome === "parked") await this.#dropSurplus(one.delivery);
    this.#finish(message, one.kind === "event" ? one.event : undefined, outcome, undone);
  }

  #finish(message: JsMsg, event: E | undefined, outcome: InboxOutcome, undone: Set<JsMsg>): void {
    this.#done.seq = Math.max(this.#done.seq, message.info.streamSequence);
    this.stats.behind = message.info.pending;
    afterCommit.publish(message);
    message.ack();
    undone.delete(message);
    afterAck.publish(message);
    if (outcome === "applied") this.stats.applied += 1;
    if (outcome === "done before") this.stats.repeated += 1;
    if (outcome === "applied" && event) this.#options.afterCommit?.(event);
  }

  /** Tries until it is done, or poison. PostgreSQL being away isn't the event's fault and isn't counted. */
  async #take(one: Extract<Received<E>, { kind: "event" }>): Promise<InboxOutcome | undefined> {
    const { signal } = this.#stopping;
    const { apply, db } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      try {
        return await this.#within(async (trx) => {
          const outcome = await takeEvent(trx, one.delivery, () => apply(trx, one.event));
          beforeCommit.publish(one.message);
          return outcome;
        });
      } catch (error) {
        if (isPassing(error) || !(await db.answers())) {
          await sleep(RETRY_MS, signal);
        } else {
          failures += 1;
          // Tried again and again, the poison of one speaker would hold up the others for as long as it has any.
          if (failures >= ATTEMPTS || isOfItsData(error))
            return this.#park(one, { error, attempts: failures });
          await sleep(10 * 2 ** failures, signal);
        }
      }
    }
    return undefined;
  }

  async #park(
    { delivery }: Pick<Received<E>, "delivery">,
    failure: { error: unknown; attempts: number },
  ): Promise<InboxOutcome | undefined> {
    const { log, db } = this.#options;
    const { attempts } = failure;
    const error = failure.error instanceof Error ? failure.error.message : String(failure.error);
    const { signal } = this.#stopping;
    const about = { subject: delivery.subject, eventId: delivery.event.id };
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.#within((trx) => parkEvent(trx, delivery, { error, attempts }));
        this.stats.parked += 1;
        log.error({ alert: "inbox_dead", err: failure.error, ...about }, "an event is parked");
        return "parked";
      } catch (again) {
        log.warn({ err: again, ...about }, "an event couldn't even be parked");
        if (!isPassing(again) && (await db.answers())) failures += 1;
        // Neighbours wait behind it.
        if (failures >= ATTEMPTS && (await this.#giveUp(delivery))) return "lost";
        await sleep(RETRY_MS, signal);
      }
    }
    return undefined;
  }

  /** Goes on without an event that can't be kept, where the database takes the names of others: else it isn't the event's fault. */
  async #giveUp({ entity, subject, event }: Delivery): Promise<boolean> {
    try {
      await this.#within((trx) => rememberOnly(trx, { entity, event }));
    } catch {
      return false;
    }
    this.stats.lost += 1;
    this.#options.log.error({ alert: "inbox_lost", subject, eventId: event.id }, "an event is lost");
    return true;
  }

  /** After something was parked: what its speaker has parked stays bounded, give or take a few. */
  async #dropSurplus({ entity, subject }: Delivery): Promise<void> {
    const { log } = this.#options;
    const speaker = speakerOf(subject);
    const parked = this.#parkedBy.get(speaker) ?? 0;
    this.#parkedBy.set(speaker, parked + 1);
    // Counting thousands of rows for each event of a storm would hold up the neighbours.
    if (parked % COUNT_EVERY !== 0) return;
    try {
      const dropped = await this.#within((trx) => dropSurplus(trx, entity, subject));
      this.stats.lost += dropped;
      if (dropped > 0)
        log.error({ alert: "inbox_lost", subject, dropped }, "the oldest parked events are dropped");
    } catch (error) {
      log.warn({ err: error }, "parked events couldn't be counted");
    }
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

/** Values PostgreSQL can't take (SQLSTATE class 22): another try can't end otherwise. */
function isOfItsData(error: unknown): boolean {
  return String((error as { code?: unknown } | null)?.code).startsWith("22");
}

/** Failures that say nothing of the event: connection, shutdown, resources, system, deadlock, a standby (SQLSTATE classes). */
function isPassing(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^(08|53|57P|58|40|25006|25P03|55P03)/.test(code);
}
