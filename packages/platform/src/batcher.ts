export interface BatcherOptions<T, R> {
  /** How many are done together at most. */
  atMost: number;
  /** How many batches may be under way at once. */
  underWay: number;
  /** Items of different groups are never done together. */
  groupOf: (item: T) => string;
  /** Two items of one identity are never done together either: the later one finds what the earlier one did. */
  identityOf: (item: T) => string;
  /** Does a batch: what became of each, in their order. When it rejects nothing was done, and each is tried alone. */
  work: (items: readonly T[]) => Promise<PromiseSettledResult<R>[]>;
}

interface Waiting<T, R> {
  item: T;
  resolve: (value: R) => void;
  reject: (reason: unknown) => void;
}

/**
 * Does together what is asked at the same moment: while batches are under way others gather, so that a burst shares its
 * transactions and an item that comes alone never waits. One that makes its batch fail doesn't fail its neighbours.
 */
export class Batcher<T, R> {
  readonly #options: BatcherOptions<T, R>;
  #waiting: Waiting<T, R>[] = [];
  #underWay = 0;
  #called = false;

  constructor(options: BatcherOptions<T, R>) {
    this.#options = options;
  }

  do(item: T): Promise<R> {
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    this.#waiting.push({ item, resolve, reject });
    this.#call();
    return promise;
  }

  /** Once the requests that came with this one have been read. */
  #call(): void {
    if (this.#called || this.#waiting.length === 0 || this.#underWay >= this.#options.underWay) return;
    this.#called = true;
    setImmediate(() => {
      this.#called = false;
      while (this.#waiting.length > 0 && this.#underWay < this.#options.underWay)
        void this.#run(this.#take());
    });
  }

  #take(): Waiting<T, R>[] {
    const { atMost, groupOf, identityOf } = this.#options;
    const taken: Waiting<T, R>[] = [];
    const left: Waiting<T, R>[] = [];
    const identities = new Set<string>();
    let group: string | undefined;
    for (const one of this.#waiting) {
      group ??= groupOf(one.item);
      const identity = identityOf(one.item);
      if (taken.length >= atMost || groupOf(one.item) !== group || identities.has(identity)) left.push(one);
      else taken.push(one);
      identities.add(identity);
    }
    this.#waiting = left;
    return taken;
  }

  async #run(batch: Waiting<T, R>[]): Promise<void> {
    this.#underWay += 1;
    try {
      await this.#settle(batch);
    } catch (reason) {
      if (batch.length === 1) batch[0]?.reject(reason);
      else for (const one of batch) await this.#settle([one]).catch(one.reject);
    } finally {
      this.#underWay -= 1;
      this.#call();
    }
  }

  async #settle(batch: Waiting<T, R>[]): Promise<void> {
    const outcomes = await this.#options.work(batch.map(({ item }) => item));
    for (const [at, { resolve, reject }] of batch.entries()) {
      const outcome = outcomes[at];
      if (outcome?.status === "fulfilled") resolve(outcome.value);
      else reject(outcome?.reason ?? new Error("a batch said nothing of an item"));
    }
  }
}
