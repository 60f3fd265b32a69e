import { newId } from "@interco/platform/ids";
import type { Language } from "@interco/ui/messages";
import type { Pool } from "pg";

export type AccountKind = "personal" | "professional";

export interface AccountRow {
  id: string;
  kind: AccountKind;
  email: string;
  emailVerified: boolean;
  givenName: string;
  familyName: string;
  agentId: string | null;
  /** Why nobody may sign in with it; null while it is in use. */
  deactivated: DeactivationReason | null;
}

/** `left`: no entity says any more that this person works for it. `operator`: the operator's word. */
export type DeactivationReason = "operator" | "left";

export interface NewAccount {
  email: string;
  kind: AccountKind;
  givenName: string;
  familyName: string;
  /** A professional account that no entity's word ends. */
  keptByOperator?: boolean;
}

/** The columns of an account under an alias, for statements that read it beside something else. */
export function accountColumns(alias: string): string {
  return [
    "id",
    "kind",
    "email",
    "email_verified",
    "given_name",
    "family_name",
    "agent_id",
    "deactivated_reason",
  ]
    .map((column) => `${alias}.${column} as ${alias}_${column}`)
    .join(", ");
}

/** The account in a row read with `accountColumns`; undefined where an outer join found none. */
export function toAccount(row: Record<string, unknown> | undefined, alias: string): AccountRow | undefined {
  if (!row?.[`${alias}_id`]) return undefined;
  return {
    id: row[`${alias}_id`] as string,
    kind: row[`${alias}_kind`] as AccountKind,
    email: row[`${alias}_email`] as string,
    emailVerified: row[`${alias}_email_verified`] as boolean,
    givenName: row[`${alias}_given_name`] as string,
    familyName: row[`${alias}_family_name`] as string,
    agentId: row[`${alias}_agent_id`] as string | null,
    deactivated: row[`${alias}_deactivated_reason`] as DeactivationReason | null,
  };
}

/** How an address is compared: NFKC, trimmed, lower case. */
export function emailKey(email: string): string {
  return email.normalize("NFKC").trim().toLowerCase();
}

export class AccountRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async find(id: string): Promise<AccountRow | undefined> {
    const { rows } = await this.#pool.query({
      name: "account-find",
      text: `select ${accountColumns("a")} from account a where a.id = $1`,
      values: [id],
    });
    return toAccount(rows[0], "a");
  }

  /**
   * The account an address signs in to, `preferred` kind first (or `only`) where a person has both, with its password's hash: null
   * where that password is worth nothing any more (`must_recover_since`).
   */
  async findForSignIn(
    email: string,
    preferred: AccountKind,
    only = false,
  ): Promise<{ account: AccountRow; hash: string | null } | undefined> {
    const { rows } = await this.#pool.query({
      name: "account-for-sign-in",
      text: `select ${accountColumns("a")}, case when a.must_recover_since is null then p.hash end as hash
        from account a join password p on p.account_id = a.id
        where a.email_key = $1 and (not $3::boolean or a.kind = $2) order by (a.kind = $2) desc limit 1`,
      values: [emailKey(email), preferred, only],
    });
    const account = toAccount(rows[0], "a");
    return account && { account, hash: rows[0].hash as string | null };
  }

  async findByEmail(email: string, kind: AccountKind): Promise<AccountRow | undefined> {
    const { rows } = await this.#pool.query(
      `select ${accountColumns("a")} from account a where a.email_key = $1 and a.kind = $2`,
      [emailKey(email), kind],
    );
    return toAccount(rows[0], "a");
  }

  /** Those of an address, one a kind at most. */
  async findAllByEmail(email: string): Promise<AccountRow[]> {
    const { rows } = await this.#pool.query({
      name: "accounts-by-email",
      text: `select ${accountColumns("a")} from account a where a.email_key = $1 order by a.kind`,
      values: [emailKey(email)],
    });
    return rows.flatMap((row) => toAccount(row, "a") ?? []);
  }

  /** Makes an account with its password in one statement; where somebody was faster, theirs is returned. */
  async create(wanted: NewAccount, passwordHash: string): Promise<{ account: AccountRow; created: boolean }> {
    const { rows } = await this.#pool.query(
      `with made as (
         insert into account as a (id, kind, email, email_key, email_verified, given_name, family_name, agent_id, kept_by_operator)
         values ($1, $2, $3, $4, true, $5, $6, $7, $9) on conflict (email_key, kind) do nothing
         returning ${accountColumns("a")}),
       secret as (insert into password (account_id, hash) select a_id, $8 from made)
       select * from made`,
      [
        newId(),
        wanted.kind,
        wanted.email.trim(),
        emailKey(wanted.email),
        wanted.givenName,
        wanted.familyName,
        wanted.kind === "professional" ? newId() : null,
        passwordHash,
        wanted.keptByOperator ?? false,
      ],
    );
    const made = toAccount(rows[0], "a");
    const account = made ?? (await this.findByEmail(wanted.email, wanted.kind));
    if (!account) throw new Error("an account that exists could not be read");
    return { account, created: made !== undefined };
  }

  /**
   * Marks an account so that nobody signs in with it, whatever they hold. The operator's reason stands above an entity's. Says
   * whether it was in use until now; undefined where no account has that id.
   */
  async deactivate(
    id: string,
    reason: DeactivationReason,
  ): Promise<{ first: boolean; account: AccountRow; language: Language } | undefined> {
    const { rows } = await this.#pool.query(
      `with before as (select deactivated_at is null as first from account where id = $1 for update)
       update account a set deactivated_at = coalesce(deactivated_at, now()), updated_at = now(),
         deactivated_reason = case deactivated_reason when 'operator' then 'operator' else $2 end
       from before where a.id = $1 returning before.first, a.language, ${accountColumns("a")}`,
      [id, reason],
    );
    const account = toAccount(rows[0], "a");
    return account && { account, first: rows[0].first as boolean, language: rows[0].language as Language };
  }

  /** Lets one that was deactivated for one of these reasons be used again; undefined where it wasn't. */
  async reactivate(id: string, reasons: readonly DeactivationReason[]): Promise<AccountRow | undefined> {
    const { rows } = await this.#pool.query(
      `update account a set deactivated_at = null, deactivated_reason = null, updated_at = now()
       where a.id = $1 and a.deactivated_reason = any($2) returning ${accountColumns("a")}`,
      [id, reasons],
    );
    return toAccount(rows[0], "a");
  }

  /** Stores another hash of the same password, unless the password has changed meanwhile. */
  async replaceHash(accountId: string, outdated: string, hash: string): Promise<void> {
    await this.#pool.query("update password set hash = $3 where account_id = $1 and hash = $2", [
      accountId,
      outdated,
      hash,
    ]);
  }
}
