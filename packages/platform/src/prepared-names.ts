const AFTER = 5;
const AT_MOST = 300;
const COUNTED = 5_000;

/**
 * Names the statements a pool runs again and again, so that each connection has them parsed and planned once: under row-level
 * security planning costs more than running. PostgreSQL keeps a plan only where values wouldn't make a cheaper one.
 * Texts that vary (filters, lists of columns) are counted, and named only while there is room.
 */
export class PreparedNames {
  readonly #names = new Map<string, string>();
  readonly #uses = new Map<string, number>();

  /** The name of a text, undefined until it has been used some times. */
  nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known || this.#names.size >= AT_MOST) return known;
    const uses = (this.#uses.get(text) ?? 0) + 1;
    if (uses < AFTER) {
      if (this.#uses.size >= COUNTED) this.#uses.clear();
      this.#uses.set(text, uses);
      return undefined;
    }
    this.#uses.delete(text);
    const name = `text-${this.#names.size + 1}`;
    this.#names.set(text, name);
    return name;
  }
}
