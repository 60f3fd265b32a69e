import type { Pool } from "pg";
import { emailKey } from "../accounts/account-repository.ts";

/** Lines of an account's journal in which its sites are looked for. */
const LOOKED_AT = 300;

export interface AccountState {
  createdAt: Date;
  /** The day of the last sign-in. */
  signedInOn: string;
  language: "fr" | "en";
  deactivatedAt: Date | null;
  deletionDueAt: Date | null;
  mustRecoverSince: Date | null;
  keptByOperator: boolean;
  sessions: number;
}

export interface NamedSite {
  clientId: string;
  name: string;
}

export interface PendingInvitation extends NamedSite {
  email: string;
  givenName: string;
  familyName: string;
  saidAt: Date;
  expiresAt: Date;
}

/** What support sees of one account or one address. It knows no request and no role. */
export class SupportRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async stateOf(accountId: string): Promise<AccountState | undefined> {
    const { rows } = await this.#pool.query<AccountState>({
      name: "support-state",
      text: `select a.created_at as "createdAt", a.signed_in_on::text as "signedInOn", a.language,
          a.deactivated_at as "deactivatedAt", a.deletion_due_at as "deletionDueAt",
          a.must_recover_since as "mustRecoverSince", a.kept_by_operator as "keptByOperator",
          (select count(*) from artifact s where s.account_id = a.id and s.kind = 'Session' and s.expires_at > now())::int
            as sessions
        from account a where a.id = $1`,
      values: [accountId],
    });
    return rows[0];
  }

  /** Sites somebody signed in to lately, latest first. */
  async sitesOf(accountId: string): Promise<(NamedSite & { last: Date })[]> {
    const { rows } = await this.#pool.query<NamedSite & { last: Date }>({
      name: "support-sites",
      text: `select e.client_id as "clientId", c.metadata ->> 'entity_name' as name, max(e.at) as last
        from sign_in_events_of($1, null, ${LOOKED_AT}) e join client c on c.client_id = e.client_id
        where e.kind = 'signed_in' group by 1, 2 order by 3 desc limit 20`,
      values: [accountId],
    });
    return rows;
  }

  /** When an account was last asked for with this address and isn't confirmed yet. */
  async registrationOf(email: string): Promise<Date | undefined> {
    const { rows } = await this.#pool.query<{ at: Date }>({
      name: "support-registration",
      text: `select created_at as at from registration where email_key = $1 and used_at is null and expires_at > now()
        order by created_at desc limit 1`,
      values: [emailKey(email)],
    });
    return rows[0]?.at;
  }

  /** Invitations that wait for this address. */
  async invitationsOf(email: string): Promise<PendingInvitation[]> {
    const { rows } = await this.#pool.query<PendingInvitation>({
      name: "support-invitations",
      text: `select x.client_id as "clientId", c.metadata ->> 'entity_name' as name, x.email,
          coalesce(x.given_name, '') as "givenName", coalesce(x.family_name, '') as "familyName", x.said_at as "saidAt",
          x.link_expires_at as "expiresAt"
        from agent_access x join client c on c.client_id = x.client_id
        where x.email_key = $1 and x.account_id is null and x.ended_at is null and x.link is not null order by 2 limit 50`,
      values: [emailKey(email)],
    });
    return rows;
  }
}
