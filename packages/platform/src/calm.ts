/**
 * Tells work that can wait (letters, the making of jobs) when nobody is being answered: a process has one thread, and in a
 * storm a citizen's form comes before the letter about another's. It works in the gaps between requests, and where there are
 * none at the pace its patience leaves it.
 */
export class Calm {
  #answering = 0;
  readonly #waiting = new Set<() => void>();

  /** Somebody's request is being worked on; what it returns says that it no longer is, once. */
  begin(): () => void {
    this.#answering += 1;
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#answering -= 1;
      if (this.#answering === 0) this.#call();
    };
  }

  /** Settles when nobody is being answered, at the latest after `mostMs`: what waits must get done all the same. */
  async comes(mostMs: number, signal?: AbortSignal): Promise<void> {
    if (this.#answering === 0 || signal?.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, mostMs);
    signal?.addEventListener("abort", () => resolve(), { once: true });
    this.#waiting.add(resolve);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(resolve);
  }

  /** After the answer just given has left. */
  #call(): void {
    setImmediate(() => {
      if (this.#answering === 0) for (const wake of this.#waiting) wake();
    });
  }
}
