import { createHmac } from "node:crypto";
import { availableParallelism } from "node:os";
import { hash, verify } from "@node-rs/argon2";
import { BoundedWork } from "./bounded-work.ts";

/**
 * OWASP Password Storage: argon2id (the library's default) with 19 MiB, two passes, one lane. That page gives it the strength of
 * 46 MiB and one pass, which take twice the time here: what a page of memory costs at each hash isn't what a guesser pays.
 */
const COST = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 };

const CURRENT = `$argon2id$v=19$m=${COST.memoryCost},t=${COST.timeCost},p=${COST.parallelism}$`;

/** A hash of nothing anybody can type, at the same cost: what the password of an unknown account is checked against. */
const DUMMY = `${CURRENT}${"c2FsdHNhbHRzYWx0c2FsdA"}$${"A".repeat(43)}`;

/** Whether a stored hash (a PHC string) was made by another algorithm or with other parameters than today's. */
export function isOutdated(stored: string): boolean {
  return !stored.startsWith(CURRENT);
}

/**
 * Passwords as argon2id of their HMAC under a pepper that no database holds. Each hash takes 19 MiB and a core:
 * no more than cores run at once, and a bounded number waits.
 */
export class PasswordHasher {
  readonly #pepper: Buffer;
  readonly #work: BoundedWork;

  constructor(pepper: Buffer, limit = { running: availableParallelism(), waiting: 100 }) {
    this.#pepper = pepper;
    this.#work = new BoundedWork(limit);
  }

  get waiting(): number {
    return this.#work.waiting;
  }

  hash(password: string): Promise<string> {
    return this.#work.run(() => hash(this.#peppered(password), COST));
  }

  /** The same when no other hash is being made; else undefined, at once. */
  async hashWhenIdle(password: string): Promise<string | undefined> {
    return this.#work.runWhenIdle(() => hash(this.#peppered(password), COST));
  }

  /**
   * True when the password is the one that was hashed. Without a hash (no such account) it takes as long and is false.
   * @throws TooBusy
   */
  async verify(stored: string | undefined, password: string): Promise<boolean> {
    const right = await this.#work.run(() => verify(stored ?? DUMMY, this.#peppered(password)));
    return right && stored !== undefined;
  }

  #peppered(password: string): string {
    // In base64, since the library verifies text only. NFKC: the same word typed on two keyboards is the same password (NIST SP 800-63B §5.1.1.2).
    return createHmac("sha256", this.#pepper).update(password.normalize("NFKC")).digest("base64");
  }
}
