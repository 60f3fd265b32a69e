import type { Pool, PoolClient } from "pg";

/** Administrators of the identity provider. The service reads them; only the operator's command, as owner, names one. */
export class AdministratorRepository {
  readonly #db: Pool | PoolClient;

  constructor(db: Pool | PoolClient) {
    this.#db = db;
  }

  /** True where this account is in use, professional, and an administrator's. */
  async has(accountId: string): Promise<boolean> {
    const { rowCount } = await this.#db.query({
      name: "administrator-has",
      text: `select from administrator d join account a on a.id = d.account_id
        where d.account_id = $1 and a.kind = 'professional' and a.deactivated_at is null`,
      values: [accountId],
    });
    return rowCount === 1;
  }

  /** False where they were one already. */
  async add(accountId: string): Promise<boolean> {
    const { rowCount } = await this.#db.query(
      "insert into administrator (account_id) values ($1) on conflict do nothing",
      [accountId],
    );
    return rowCount === 1;
  }

  /** False where they were none. */
  async remove(accountId: string): Promise<boolean> {
    const { rowCount } = await this.#db.query("delete from administrator where account_id = $1", [accountId]);
    return rowCount === 1;
  }
}
