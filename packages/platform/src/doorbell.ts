/** Wakes a loop that waits for work. Rung while nobody waits, it is heard at the next wait. */
export class Doorbell {
  #rung = Promise.withResolvers<void>();

  ring(): void {
    this.#rung.resolve();
  }

  /** Until it is rung, at most `ms`. */
  async wait(ms: number): Promise<void> {
    const timer = setTimeout(() => this.ring(), ms);
    await this.#rung.promise;
    clearTimeout(timer);
    this.#rung = Promise.withResolvers();
  }
}
