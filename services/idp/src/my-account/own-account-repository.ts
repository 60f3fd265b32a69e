import type { Pool } from "pg";
import { bindings } from "../mail/mail-statement.ts";
import { type Telling, tellParts } from "./told-change-statement.ts";

/** What a person changes of their account, each change with the mail that tells of it. */
export class OwnAccountRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** False where the names are those already. */
  async changeNames(accountId: string, givenName: string, familyName: string, telling: Telling) {
    const { values, $ } = bindings();
    const [given, family] = [$(givenName, "text"), $(familyName, "text")];
    const { rowCount } = await this.#pool.query(
      `with changed as (update account set given_name = ${given}, family_name = ${family}, updated_at = now()
          where id = ${$(accountId, "uuid")} and (given_name, family_name) is distinct from (${given}, ${family})
          returning 1),
        ${tellParts(telling, $, "changed")}
        select from changed`,
      values,
    );
    return rowCount === 1;
  }

  /** Undefined where the account has none: its person comes in otherwise. */
  async passwordHash(accountId: string): Promise<string | undefined> {
    const { rows } = await this.#pool.query<{ hash: string }>(
      "select hash from password where account_id = $1",
      [accountId],
    );
    return rows[0]?.hash;
  }

  /** Gives an account another password. False where it was shut meanwhile: only recovery opens it again. */
  async setPassword(accountId: string, hash: string, telling: Telling): Promise<boolean> {
    const { values, $ } = bindings();
    const { rowCount } = await this.#pool.query(
      `with opened as (update account set updated_at = now()
          where id = ${$(accountId, "uuid")} and must_recover_since is null returning id),
        changed as (insert into password (account_id, hash) select id, ${$(hash, "text")} from opened
          on conflict (account_id) do update set hash = excluded.hash, changed_at = now() returning 1),
        ${tellParts(telling, $, "changed")}
        select from changed`,
      values,
    );
    return rowCount === 1;
  }
}
