import { newId } from "@interco/platform/ids";
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
}

export interface NewAccount {
  email: string;
  kind: AccountKind;
  givenName: string;
  familyName: string;
}

/** The columns of an account under an alias, for statements that read it beside something else. */
export function accountColumns(alias: string): string {
  return ["id", "kind", "email", "email_verified", "given_name", "family_name", "agent_id"]
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

  /** The account an address signs in to, `preferred` kind first where a person has both, with its password's hash. */
  async findForSignIn(
    email: string,
    preferred: AccountKind,
  ): Promise<{ account: AccountRow; hash: string } | undefined> {
    const { rows } = await this.#pool.query({
      name: "account-for-sign-in",
      text: `select ${accountColumns("a")}, p.hash from account a join password p on p.account_id = a.id
        where a.email_key = $1 order by (a.kind = $2) desc limit 1`,
      values: [emailKey(email), preferred],
    });
    const account = toAccount(rows[0], "a");
    return account && { account, hash: rows[0].hash as string };
  }

  async findByEmail(email: string, kind: AccountKind): Promise<AccountRow | undefined> {
    const { rows } = await this.#pool.query(
      `select ${accountColumns("a")} from account a where a.email_key = $1 and a.kind = $2`,
      [emailKey(email), kind],
    );
    return toAccount(rows[0], "a");
  }

  /** Makes an account with its password in one statement; where somebody was faster, theirs is returned. */
  async create(wanted: NewAccount, passwordHash: string): Promise<{ account: AccountRow; created: boolean }> {
    const { rows } = await this.#pool.query(
      `with made as (
         insert into account as a (id, kind, email, email_key, email_verified, given_name, family_name, agent_id)
         values ($1, $2, $3, $4, true, $5, $6, $7) on conflict (email_key, kind) do nothing
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
      ],
    );
    const made = toAccount(rows[0], "a");
    const account = made ?? (await this.findByEmail(wanted.email, wanted.kind));
    if (!account) throw new Error("an account that exists could not be read");
    return { account, created: made !== undefined };
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
