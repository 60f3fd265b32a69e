import type { Broken, JournalChain, Link } from "./journal-chain.ts";

const LINES = 1_000;

/** One walk along the journal's chain, a batch a step, so that no statement is long. */
export class JournalWalk {
  readonly #chain: JournalChain;
  /** A line seen earlier, kept outside the database: a chain that was made anew as a whole has another hash there. */
  readonly #known: Link | undefined;
  at: Link | undefined;
  broken: Broken | undefined;
  /** All lines there are have been checked; a further step checks those that came since. */
  done = false;
  /** The line seen earlier was compared; one that was forgotten since can't be. */
  compared = false;

  constructor(chain: JournalChain, known?: Link) {
    this.#chain = chain;
    this.#known = known;
  }

  /** Does nothing more once a break is found. */
  async step(): Promise<void> {
    if (this.broken) return;
    const known = this.#known;
    const at = this.at ?? (await this.#chain.check(undefined, 0)).at;
    const ahead = known ? known.seq - at.seq : 0;
    // A batch ends at the known line, to compare it.
    const checked = await this.#chain.check(at, ahead > 0 ? Math.min(ahead, LINES) : LINES);
    this.at = checked.at;
    this.done = checked.done;
    this.broken = checked.broken ?? (known && this.#compare(known, checked.at));
  }

  #compare(known: Link, at: Link): Broken | undefined {
    this.compared ||= at.seq === known.seq;
    if (at.seq === known.seq && !at.hash.equals(known.hash)) return { seq: at.seq, why: "rewritten" };
    return this.done && at.seq < known.seq ? { seq: at.seq + 1, why: "removed" } : undefined;
  }
}
