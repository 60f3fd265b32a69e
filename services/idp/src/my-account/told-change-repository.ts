import type { Pool } from "pg";
import { bindings } from "../mail/mail-statement.ts";
import { type Telling, tellParts } from "./told-change-statement.ts";

export interface ToldChange {
  id: Buffer;
  accountId: string;
  kind: string;
  toldAt: Date;
}

/** Not used, and within its week. */
const OPEN = "t.used_at is null and t.expires_at > now()";
/** A change is told a moment after it was made. */
const MARGIN = "1 minute";
/** An address nobody reads (RFC 2606), for an account whose own went to another one. */
const NOWHERE = "a.id::text || '@adresse-retiree.invalid'";

export class ToldChangeRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** What a link that is good still undoes; undefined for any other. */
  async find(id: Buffer): Promise<ToldChange | undefined> {
    const { rows } = await this.#pool.query<ToldChange>(
      `select t.id, t.account_id as "accountId", t.kind, t.told_at as "toldAt" from told_change t where t.id = $1 and ${OPEN}`,
      [id],
    );
    return rows[0];
  }

  /**
   * Uses a link: its account is back with the address it had before the first change told since, whatever was asked for since
   * is forgotten, other providers linked since open it no more, and no credential is good until recovery gave another password. Later links are void: they went to who made
   * the change. `email` is where recovery can be asked for now; null where that address became another account's, which then
   * keeps it, and nobody gets in here again.
   */
  async disown(id: Buffer): Promise<{ accountId: string; email: string | null } | undefined> {
    const { rows } = await this.#pool.query<{ accountId: string; email: string | null }>(
      `with
        said as (update told_change t set used_at = now() where t.id = $1 and ${OPEN}
          returning t.id, t.account_id, t.told_at),
        void as (update told_change t set used_at = now() from said
          where t.account_id = said.account_id and t.told_at >= said.told_at and t.id <> said.id and t.used_at is null),
        former as (select t.former_email, t.former_email_key from told_change t, said
          where t.account_id = said.account_id and t.told_at >= said.told_at and t.used_at is null
            and t.former_email is not null
          order by t.told_at limit 1),
        taken as (select from former, said join account a on a.id = said.account_id
          join account other on other.kind = a.kind and other.id <> a.id
          where other.email_key = former.former_email_key),
        asked as (delete from email_change where account_id in (select account_id from said)),
        linked as (delete from upstream_identity u using said
          where u.account_id = said.account_id and u.created_at >= said.told_at - interval '${MARGIN}'),
        pivot as (delete from pivot_identity p using said
          where p.account_id = said.account_id and p.created_at >= said.told_at - interval '${MARGIN}'),
        undone as (update account a set
            email = case when exists (select from taken) then ${NOWHERE}
              else coalesce((select former_email from former), a.email) end,
            email_key = case when exists (select from taken) then ${NOWHERE}
              else coalesce((select former_email_key from former), a.email_key) end,
            deletion_due_at = null, must_recover_since = now(), updated_at = now()
          from said where a.id = said.account_id
          returning a.id, a.email)
        select id as "accountId", case when not exists (select from taken) then email end as email from undone`,
      [id],
    );
    return rows[0];
  }

  async removeExpired(limit: number): Promise<number> {
    const { rowCount } = await this.#pool.query({
      name: "told-change-remove-expired",
      text: `delete from told_change where id in
        (select id from told_change where expires_at <= now() order by expires_at limit $1)`,
      values: [limit],
    });
    return rowCount ?? 0;
  }

  /** Tells of a change made before, by a statement of its own. */
  async add(telling: Telling): Promise<void> {
    const { values, $ } = bindings();
    const text = `with one as (select 1), ${tellParts(telling, $, "one")} select from one`;
    await this.#pool.query(text, values);
  }
}
