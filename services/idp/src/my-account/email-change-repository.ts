import type { Pool } from "pg";
import { emailKey } from "../accounts/account-repository.ts";
import type { WrittenMail } from "../mail/mail-repository.ts";
import { bindings, queueMail } from "../mail/mail-statement.ts";
import { type Telling, tellParts } from "./told-change-statement.ts";

/** A new address that has not answered yet. */
export interface EmailChange {
  id: Buffer;
  accountId: string;
  email: string;
}

export const CODE_TRIES = 5;
const COLUMNS = `c.id, c.account_id as "accountId", c.email`;

export class EmailChangeRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * Keeps the address asked for, in place of one asked for before, until an hour after its mail may leave, and that mail. A
   * mail that must wait takes the place of one that waits already for the same address.
   */
  async ask(asked: EmailChange & { code: Buffer }, mail: WrittenMail, waitSeconds: number): Promise<void> {
    const { values, $ } = bindings();
    const { id, accountId, email, code } = asked;
    await this.#pool.query(
      `with asked as (
          insert into email_change as c (id, account_id, email, email_key, code, expires_at)
          values (${$(id, "bytea")}, ${$(accountId, "uuid")}, ${$(email, "text")}, ${$(emailKey(email), "text")},
            ${$(code, "bytea")}, now() + interval '1 hour' + make_interval(secs => ${$(waitSeconds, "float8")}))
          on conflict (account_id) do update set id = excluded.id, email = excluded.email,
            email_key = excluded.email_key, code = excluded.code, attempts = 0, created_at = now(),
            expires_at = excluded.expires_at
          returning 1),
        replaced as (delete from mail where recipient = ${$(mail.recipient, "text")}
          and kind like 'email_change%' and due_at > now() and attempts = 0),
        mailed as (${queueMail(mail, $, "asked", waitSeconds)})
        select from asked`,
      values,
    );
  }

  /** What an account waits for. */
  async find(accountId: string): Promise<EmailChange | undefined> {
    const { rows } = await this.#pool.query<EmailChange>(
      `select ${COLUMNS} from email_change c where c.account_id = $1 and c.expires_at > now()`,
      [accountId],
    );
    return rows[0];
  }

  /** Counts one code typed, before it is compared; undefined where none may be typed any more. */
  async tryCode(id: Buffer, code: Buffer): Promise<{ right: boolean; triesLeft: number } | undefined> {
    const { rows } = await this.#pool.query<{ right: boolean; triesLeft: number }>(
      `update email_change c set attempts = attempts + 1
        where c.id = $1 and c.expires_at > now() and c.attempts < ${CODE_TRIES}
        returning c.code = $2::bytea as right, ${CODE_TRIES} - c.attempts as "triesLeft"`,
      [id, code],
    );
    return rows[0];
  }

  /**
   * Gives the account the address that has answered and tells the one before. `taken`: another account of its kind got the
   * address meanwhile; `gone`: nothing is asked for any more.
   */
  async confirm({ id, accountId }: EmailChange, telling: Telling): Promise<"changed" | "taken" | "gone"> {
    const { values, $ } = bindings();
    try {
      const { rows } = await this.#pool.query<{ asked: boolean; changed: boolean }>(
        `with asked as (delete from email_change where id = ${$(id, "bytea")}
            and account_id = ${$(accountId, "uuid")} and expires_at > now() returning account_id, email, email_key),
          changed as (update account a set email = asked.email, email_key = asked.email_key, email_verified = true,
              updated_at = now()
            from asked where a.id = asked.account_id and not exists (select from account other
              where other.email_key = asked.email_key and other.kind = a.kind and other.id <> a.id)
            returning 1),
          ${tellParts(telling, $, "changed")}
          select exists (select from asked) as asked, exists (select from changed) as changed`,
        values,
      );
      if (!rows[0]?.asked) return "gone";
      return rows[0].changed ? "changed" : "taken";
    } catch (error) {
      // Somebody got it between the look and the write.
      if ((error as { code?: string }).code === "23505") return "taken";
      throw error;
    }
  }

  async removeExpired(limit: number): Promise<number> {
    const { rowCount } = await this.#pool.query({
      name: "email-change-remove-expired",
      text: `delete from email_change where id in
        (select id from email_change where expires_at <= now() order by expires_at limit $1)`,
      values: [limit],
    });
    return rowCount ?? 0;
  }
}
