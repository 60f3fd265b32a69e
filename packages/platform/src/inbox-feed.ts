import type { ConsumerMessages, JsMsg } from "@nats-io/jetstream";
import { ACK_WAIT_MS } from "./streams.ts";

/** Messages of a consumer, taken as they come. */
export class InboxFeed {
  readonly #iterator: AsyncIterator<JsMsg>;
  #next: Promise<IteratorResult<JsMsg>>;

  constructor(messages: ConsumerMessages) {
    this.#iterator = messages[Symbol.asyncIterator]();
    this.#next = this.#iterator.next();
  }

  /** What has arrived when the caller is ready for more: a single message when all is well, many in a backlog. Undefined at the end. */
  async take(most: number): Promise<JsMsg[] | undefined> {
    const first = await this.#next;
    if (first.done) return undefined;
    const batch = [first.value];
    this.#next = this.#iterator.next();
    while (batch.length < most) {
      const more = await Promise.race([this.#next, afterWhatArrived()]);
      if (!more || more.done) break;
      batch.push(more.value);
      this.#next = this.#iterator.next();
    }
    return batch;
  }

  /**
   * What comes back of what was never acknowledged, in the order of the stream. The broker gives it back in an order of its own
   * where processes died one after another, and mixes in newer messages: all of it is gathered before any of it is handed out,
   * until what is here is all that `unacknowledged` says there is. After twice the time the broker waits, what is here is handed
   * out as it is.
   */
  async gather(unacknowledged: () => Promise<number>, signal: AbortSignal): Promise<JsMsg[]> {
    const gathered = new Map<number, JsMsg>();
    const until = Date.now() + 2 * ACK_WAIT_MS;
    const holding = setInterval(() => {
      for (const message of gathered.values()) message.working();
    }, ACK_WAIT_MS / 2);
    try {
      while (!signal.aborted && Date.now() < until) {
        const next = await Promise.race([this.#next, after(LOOK_MS)]);
        if (next?.done) break;
        if (next) {
          this.#next = this.#iterator.next();
          gathered.set(next.value.info.streamSequence, next.value);
          if (await Promise.race([this.#next, afterWhatArrived()])) continue;
        }
        if ((await unacknowledged()) <= gathered.size) break;
      }
    } finally {
      clearInterval(holding);
    }
    return [...gathered.values()].sort((a, b) => a.info.streamSequence - b.info.streamSequence);
  }
}

const LOOK_MS = 100;

function afterWhatArrived(): Promise<undefined> {
  return new Promise((resolve) => setImmediate(() => resolve(undefined)));
}

function after(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms).unref());
}
