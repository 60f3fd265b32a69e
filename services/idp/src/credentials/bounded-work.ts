/** Thrown when as much waits as may wait: the caller is told to come back, rather than everybody becoming slow. */
export class TooBusy extends Error {
  override readonly name = "TooBusy";
}

/** Runs at most `running` things at once and lets at most `waiting` more wait, first come first served. */
export class BoundedWork {
  readonly #limit: { running: number; waiting: number };
  readonly #queue: (() => void)[] = [];
  #running = 0;

  constructor(limit: { running: number; waiting: number }) {
    this.#limit = limit;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Runs `work` when nothing else runs; else gives undefined at once, without running it. For what nobody waits for. */
  async runWhenIdle<T>(work: () => Promise<T>): Promise<T | undefined> {
    return this.#running === 0 ? this.run(work) : undefined;
  }

  /** @throws TooBusy at once, without running `work`, when the queue is full. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limit.running) {
      if (this.#queue.length >= this.#limit.waiting) throw new TooBusy();
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      // The place passes on without being freed: nobody can slip in between.
      if (next) next();
      else this.#running -= 1;
    }
  }
}
