import { newId } from "@interco/platform/ids";
import type { Pool } from "pg";

/** What a line of the journal tells. */
export const EVENT_KINDS = [
  "signed_in",
  "refused",
  "delayed",
  "signed_out",
  "account_created",
  "account_deactivated",
  "account_reactivated",
  "agent_invited",
  "agent_departed",
  "site_registered",
  "second_factor_refused",
  "factor_added",
  "factor_renamed",
  "factor_removed",
  "recovery_asked",
  "sessions_ended",
  "names_changed",
  "email_changed",
  "password_changed",
  "disowned",
  "data_exported",
  "deletion_asked",
  "deletion_cancelled",
  "warned_of_inactivity",
  "account_erased",
  "upstream_arrived",
  "upstream_linked",
  "upstream_refused",
  "upstream_unlinked",
  "site_changed",
  "site_removed",
  "code_reused",
  "token_reused",
  "consent_given",
  "consent_refused",
  "consent_withdrawn",
  "administrator_named",
  "administrator_dismissed",
  "official_named",
  "journal_searched",
  "account_looked_at",
  "mail_sent_again",
  "logouts_tried_again",
  "factor_reset_asked",
  "factor_reset_refused",
  "factor_reset_stopped",
  "factors_reset",
] as const;

export interface SignInEvent {
  kind: (typeof EVENT_KINDS)[number];
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
