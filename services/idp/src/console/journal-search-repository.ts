import { newId } from "@interco/platform/ids";
import type { Pool } from "pg";

/** Lines of one page. */
export const LINES = 50;

export interface JournalSearch {
  administrator: string;
  /** Those of one address; null for everybody's. */
  accounts: string[] | null;
  kind: string | null;
  clientId: string | null;
  since: Date;
  until: Date;
  /** Where the page before ended. */
  after: JournalPlace | null;
}

export interface JournalPlace {
  /** As PostgreSQL writes it, to the microsecond. */
  at: string;
  id: string;
}

export interface FoundLine {
  at: Date;
  kind: string;
  accountId: string | null;
  clientId: string | null;
  detail: Record<string, string | number | boolean>;
}

export interface FoundLines {
  lines: FoundLine[];
  /** Where to go on; null at the end. */
  next: JournalPlace | null;
}

interface Row extends FoundLine {
  id: string;
  exactAt: string;
  hit: boolean;
}

/** The journal for administrators, through the one function that lets the service read it and writes that it did. */
export class JournalSearchRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** One page, latest first. It may hold few lines and go on: each looks at a bounded part of the journal. */
  async search(wanted: JournalSearch): Promise<FoundLines> {
    const { administrator, accounts, kind, clientId, since, until, after } = wanted;
    const { rows } = await this.#pool.query<Row>({
      name: "journal-search",
      text: `select id, at, at::text as "exactAt", kind, account_id as "accountId", client_id as "clientId", detail, hit
        from search_sign_in_events($1, $2, $3, $4, $5, $6, $7, $8::timestamptz, $9, $10)`,
      values: [
        newId(),
        administrator,
        accounts,
        kind,
        clientId,
        since,
        until,
        after?.at ?? null,
        after?.id ?? null,
        LINES + 1,
      ],
    });
    const hits = rows.filter(({ hit }) => hit);
    const edge = rows.find(({ hit }) => !hit);
    const last = hits.length > LINES ? hits[LINES - 1] : edge;
    return {
      lines: hits.slice(0, LINES),
      next: last ? { at: last.exactAt, id: last.id } : null,
    };
  }
}
