import { newId } from "@interco/platform/ids";
import type { Pool } from "pg";
import {
  type AccountRow,
  accountColumns,
  emailKey,
  type NewAccount,
  toAccount,
} from "../accounts/account-repository.ts";

/** Somebody at an upstream, as it is kept: nothing here says who they are. */
export interface Identity {
  upstream: string;
  entity: string;
  subject: Buffer;
  pivot: Buffer | null;
}

export class IdentityRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** The account of this subject. */
  async find({ upstream, entity, subject }: Identity): Promise<AccountRow | undefined> {
    const { rows } = await this.#pool.query({
      name: "upstream-identity-find",
      text: `select ${accountColumns("a")} from upstream_identity i join account a on a.id = i.account_id
        where i.upstream = $1 and i.entity = $2 and i.subject = $3`,
      values: [upstream, entity, subject],
    });
    return toAccount(rows[0], "a");
  }

  async findByPivot(pivot: Buffer): Promise<AccountRow | undefined> {
    const { rows } = await this.#pool.query({
      name: "upstream-account-by-pivot",
      text: `select ${accountColumns("a")} from pivot_identity p join account a on a.id = p.account_id where p.pivot = $1`,
      values: [pivot],
    });
    return toAccount(rows[0], "a");
  }

  /** Whether an identity may be bound to an account: neither is bound elsewhere. */
  async fits(accountId: string, { upstream, entity, subject, pivot }: Identity): Promise<boolean> {
    const { rows } = await this.#pool.query<{ fits: boolean }>({
      name: "upstream-identity-fits",
      text: `select not exists (select from upstream_identity
            where upstream = $2 and entity = $3 and subject = $4 and account_id <> $1)
          and ($5::bytea is null or not exists (select from pivot_identity
            where (pivot = $5 and account_id <> $1) or (account_id = $1 and pivot <> $5))) as fits`,
      values: [accountId, upstream, entity, subject, pivot],
    });
    return rows[0]?.fits ?? false;
  }

  /**
   * Binds an identity to an account. Undefined where either is bound already: the account to another pivot, the pivot or the subject
   * to another account. Nothing is changed then. `first` where it wasn't bound before.
   */
  async link(
    accountId: string,
    { upstream, entity, subject, pivot }: Identity,
  ): Promise<{ first: boolean } | undefined> {
    const { rows } = await this.#pool.query<{ first: boolean }>({
      name: "upstream-identity-link",
      text: `with bound as (insert into pivot_identity (pivot, account_id) select $5::bytea, $1::uuid
          where $5::bytea is not null and not exists (select from upstream_identity
            where upstream = $2 and entity = $3 and subject = $4 and account_id <> $1)
          on conflict do nothing returning account_id),
        fits as (select 1 where $5::bytea is null or exists (select from bound)
          or exists (select from pivot_identity where pivot = $5 and account_id = $1))
        insert into upstream_identity (upstream, entity, subject, account_id) select $2, $3, $4, $1::uuid from fits
        on conflict (upstream, entity, subject) do update set used_at = now()
          where upstream_identity.account_id = excluded.account_id
        returning created_at = used_at as first`,
      values: [accountId, upstream, entity, subject, pivot],
    });
    return rows[0];
  }

  /**
   * Makes an account without a password, bound to an identity, in one statement. Undefined where the address has an account of
   * this kind by now, or the person has one: nothing is made then.
   */
  async createAccount(wanted: NewAccount, identity: Identity): Promise<AccountRow | undefined> {
    const { upstream, entity, subject, pivot } = identity;
    const { rows } = await this.#pool.query({
      name: "upstream-account-create",
      text: `with made as (
          insert into account as a (id, kind, email, email_key, email_verified, given_name, family_name, agent_id)
          select $1::uuid, $2, $3, $4, true, $5, $6, $7::uuid
          where not exists (select from pivot_identity where pivot = $11)
            and not exists (select from upstream_identity where upstream = $8 and entity = $9 and subject = $10)
          on conflict (email_key, kind) do nothing returning ${accountColumns("a")}),
        bound as (insert into pivot_identity (pivot, account_id) select $11::bytea, a_id from made where $11::bytea is not null),
        linked as (insert into upstream_identity (upstream, entity, subject, account_id) select $8, $9, $10, a_id from made)
        select * from made`,
      values: [
        newId(),
        wanted.kind,
        wanted.email.trim(),
        emailKey(wanted.email),
        wanted.givenName,
        wanted.familyName,
        wanted.kind === "professional" ? newId() : null,
        upstream,
        entity,
        subject,
        pivot,
      ],
    });
    return toAccount(rows[0], "a");
  }

  /** The upstreams an account may be reached from, and since when. */
  async linksOf(accountId: string): Promise<{ upstream: string; since: Date; usedAt: Date }[]> {
    const { rows } = await this.#pool.query<{ upstream: string; since: Date; usedAt: Date }>({
      name: "upstream-links-of",
      text: `select upstream, min(created_at) as since, max(used_at) as "usedAt" from upstream_identity
        where account_id = $1 group by upstream order by 1`,
      values: [accountId],
    });
    return rows;
  }

  /** Nobody comes to the account from that upstream any more. */
  async unlink(accountId: string, upstream: string): Promise<void> {
    await this.#pool.query({
      name: "upstream-unlink",
      text: `with identities as (delete from upstream_identity where account_id = $1 and upstream = $2)
        delete from pivot_identity where account_id = $1 and $2 = 'franceconnect'`,
      values: [accountId, upstream],
    });
  }
}
