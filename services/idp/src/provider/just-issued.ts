const KEPT_MS = 10_000;

/**
 * What this process has just issued and written, with what its use asks for: a site exchanges its code, and sends a person on
 * with their pushed request, within milliseconds, mostly here, and is spared a statement. It is a memory of what was read, no
 * decision: the statement that spends it sees in the database that it is unspent, and that what it relies on is still there.
 * Keys are hashes, and each is handed out once: any further use is looked up.
 */
export class JustIssued<T> {
  readonly #atMost: number;
  readonly #kept = new Map<string, { value: T; until: number }>();

  constructor(atMost = 2_000) {
    this.#atMost = atMost;
  }

  keep(key: Buffer, value: T, now = Date.now()): void {
    for (const [oldest, { until }] of this.#kept) {
      if (until > now && this.#kept.size < this.#atMost) break;
      this.#kept.delete(oldest);
    }
    this.#kept.set(key.toString("hex"), { value, until: now + KEPT_MS });
  }

  take(key: Buffer, now = Date.now()): T | undefined {
    const found = this.#kept.get(key.toString("hex"));
    this.#kept.delete(key.toString("hex"));
    return found && found.until > now ? found.value : undefined;
  }
}

/** The two things issued to be used at once. Both are bounded: a pushed request may be some kilobytes long. */
export class Issued<Code, Pushed> {
  readonly codes = new JustIssued<Code>();
  readonly pushed = new JustIssued<Pushed>(500);
}
