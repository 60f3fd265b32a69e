import { newId } from "@interco/platform/ids";
import type { Pool } from "pg";

export interface SignInEvent {
  kind: "signed_in" | "refused" | "delayed" | "signed_out" | "account_created" | "site_registered";
  accountId?: string | undefined;
  clientId?: string | undefined;
  addressKey?: Buffer | undefined;
  detail?: Record<string, string | number | boolean>;
}

/**
 * The append-only journal: the service's role may insert lines, and neither read, change nor remove one. Their time is the
 * database's; their place in the chain of hashes comes a second later (`journal-chain.ts`).
 */
export class SignInJournal {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async add(event: SignInEvent): Promise<void> {
    await this.#pool.query({
      name: "journal-add",
      text: `insert into sign_in_event (id, kind, account_id, client_id, address_key, detail)
        values ($1, $2, $3, $4, $5, $6)`,
      values: [
        newId(),
        event.kind,
        event.accountId ?? null,
        event.clientId ?? null,
        event.addressKey ?? null,
        JSON.stringify(event.detail ?? {}),
      ],
    });
  }
}
