/**
 * Slows down who guesses: so many failures of one key (an address, a number) in a window, then nothing more until it has
 * passed. In this process' memory, which is enough against 45 bits of code; it forgets the oldest keys when it is full.
 */
export class Throttle {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #failures = new Map<string, { count: number; until: number }>();

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  blocked(key: string, now = Date.now()): boolean {
    const known = this.#failures.get(key);
    return known !== undefined && known.until > now && known.count >= this.#limit;
  }

  failed(key: string, now = Date.now()): void {
    const known = this.#failures.get(key);
    if (known && known.until > now) {
      known.count++;
      return;
    }
    this.#failures.delete(key);
    if (this.#failures.size >= 10_000) {
      const [oldest] = this.#failures.keys();
      if (oldest !== undefined) this.#failures.delete(oldest);
    }
    this.#failures.set(key, { count: 1, until: now + this.#windowMs });
  }
}
