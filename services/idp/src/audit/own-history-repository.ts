import type { Pool } from "pg";
import type { SignInEvent } from "./sign-in-journal.ts";

/** A line of the journal as the person it is about sees it. */
export interface HistoryLine {
  id: string;
  at: Date;
  kind: SignInEvent["kind"];
  clientId: string | null;
  addressKey: Buffer | null;
  detail: Record<string, unknown>;
}

/** The journal's lines of one account: a function of the owner's, which is all the service may read of it. */
export class OwnHistoryRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** The latest lines before one of them, the newest of all without it; at most a thousand. */
  async lines(accountId: string, limit: number, before?: string): Promise<HistoryLine[]> {
    const { rows } = await this.#pool.query<HistoryLine>(
      `select id, at, kind, client_id as "clientId", address_key as "addressKey", detail
        from sign_in_events_of($1, $2, $3)`,
      [accountId, before ?? null, limit],
    );
    return rows;
  }
}
