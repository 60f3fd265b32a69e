import type { Pool } from "pg";

/** A line's place in the journal's chain and its hash, which stands for it and all before it. */
export interface Link {
  seq: number;
  hash: Buffer;
}

export interface Broken {
  /** The first line that isn't as it was chained. */
  seq: number;
  /** `rewritten`: the chain fits together, but isn't the one that was seen before. */
  why: "changed" | "removed" | "inserted" | "backdated" | "rewritten";
}

export interface Checked {
  /** The last line that is as it was chained, 0 before the first one. */
  at: Link;
  /** That line is the last one. */
  done: boolean;
  broken: Broken | undefined;
}

/** The journal's chain as functions of the database, which is all the service's role may do with it. */
export class JournalChain {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Gives lines that have none their place in the chain; returns how many. Two processes at once do it once. */
  async chain(lines = 1_000): Promise<number> {
    const { rows } = await this.#pool.query({
      name: "journal-chain",
      text: "select chain_sign_in_events($1) as chained",
      values: [lines],
    });
    return rows[0].chained;
  }

  /** Checks at most so many lines behind a link, without one from the beginning. */
  async check(from: Link | undefined, lines = 1_000): Promise<Checked> {
    const { rows } = await this.#pool.query({
      name: "journal-check",
      text: "select * from check_sign_in_chain($1, $2, $3)",
      values: [from?.seq ?? 0, from?.hash ?? null, lines],
    });
    const [row] = rows;
    return {
      at: { seq: Number(row.checked), hash: row.checked_hash },
      done: row.done,
      broken: row.broken === null ? undefined : { seq: Number(row.broken), why: row.why },
    };
  }
}
