import { networkOf } from "@interco/platform/network";

/**
 * Sign-ins one network may begin in ten minutes (outside development), each of which writes a row. High enough for a school
 * or a phone operator behind one address; low enough that nobody fills the database. A signed-in person's don't count.
 */
export const SIGN_INS_BEGUN = { max: 600, windowMs: 10 * 60_000 };

/** More networks than this at once are no school: the ones seen first are forgotten, and memory stays bounded. */
const NETWORKS = 10_000;

/** Counts in this process's memory: it starts again with it. */
export class BeginLimit {
  readonly #limit: typeof SIGN_INS_BEGUN;
  readonly #begun = new Map<string, { count: number; until: number }>();

  constructor(limit = SIGN_INS_BEGUN) {
    this.#limit = limit;
  }

  /** Counts one beginning; the seconds to wait where it is one too many, else 0. */
  count(address: string, now = Date.now()): number {
    const network = networkOf(address);
    let window = this.#begun.get(network);
    if (!window || window.until <= now) {
      window = { count: 0, until: now + this.#limit.windowMs };
      this.#begun.delete(network);
      this.#begun.set(network, window);
      const [oldest] = this.#begun.keys();
      if (this.#begun.size > NETWORKS && oldest !== undefined) this.#begun.delete(oldest);
    }
    window.count += 1;
    return window.count > this.#limit.max ? Math.ceil((window.until - now) / 1000) : 0;
  }
}
