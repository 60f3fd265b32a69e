import type { Logger } from "@interco/platform/log";
import type { Broken, JournalChain, Link } from "./journal-chain.ts";
import { JournalWalk } from "./journal-walk.ts";

const ANEW_MS = 60 * 60_000;

/**
 * Walks along the journal's chain again each hour, and along its new lines as they come. The head goes to the log once an hour:
 * whoever may rewrite the whole chain can't rewrite a log that is kept elsewhere.
 */
export class JournalWatch {
  readonly #chain: JournalChain;
  readonly #log: Logger;
  #walk: JournalWalk;
  #begun: number;
  /** What the log was told of this walk. */
  #told: "whole" | "broken" | undefined;
  /** The farthest line seen whole by this process. */
  #seen: Link | undefined;
  /** A break was found and not mended since. */
  broken = false;

  constructor(chain: JournalChain, log: Logger, now = Date.now()) {
    this.#chain = chain;
    this.#log = log;
    this.#walk = new JournalWalk(chain);
    this.#begun = now;
  }

  /** What is known of the chain: its break, or the farthest line seen whole; undefined before the first walk is over. */
  get state(): { broken: Broken } | { head: Link } | undefined {
    const { broken } = this.#walk;
    if (broken) return { broken };
    return this.#seen && { head: this.#seen };
  }

  /** Checks one batch. */
  async step(now = Date.now()): Promise<void> {
    if (now - this.#begun >= ANEW_MS && (this.#walk.done || this.#walk.broken)) {
      this.#walk = new JournalWalk(this.#chain, this.#seen);
      this.#begun = now;
      this.#told = undefined;
    }
    const walk = this.#walk;
    await walk.step();
    if (walk.broken) {
      this.broken = true;
      if (this.#told !== "broken")
        this.#log.error({ alert: "journal_broken", ...walk.broken }, "the sign-in journal is broken");
      this.#told = "broken";
    } else if (walk.done && walk.at) {
      this.broken = false;
      this.#seen = walk.at;
      if (!this.#told)
        this.#log.info(
          { seq: walk.at.seq, hash: walk.at.hash.toString("hex") },
          "the sign-in journal is whole",
        );
      this.#told = "whole";
    }
  }
}
