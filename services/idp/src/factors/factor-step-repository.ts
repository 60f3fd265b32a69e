import type { Pool } from "pg";
import { type AccountRow, accountColumns, toAccount } from "../accounts/account-repository.ts";
import type { Amr } from "../provider/acr.ts";

/** Longer than somebody takes to find their key or to print; shorter than a sign-in page stays good. */
const MINUTES = 30;

/** Where somebody is between two factors. */
export interface FactorStep {
  account: AccountRow;
  /** What they have shown so far. */
  amr: Amr[];
  /** Of a step-up: when they had signed in, in seconds since 1970. */
  signedInAt: number | undefined;
  /** Encrypted: a secret or codes being set up. */
  pending: Buffer | null;
}

/** What one sign-in, session or recovery keeps between its pages. Keys are hashes of what only that browser has. */
export class FactorStepRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** The first factor was right: whatever was under way there begins anew. */
  async begin(key: Buffer, accountId: string, amr: readonly Amr[], signedInAt?: number): Promise<void> {
    await this.#pool.query({
      name: "factor-step-begin",
      text: `insert into factor_step (key, account_id, amr, signed_in_at, expires_at)
        values ($1, $2, $3, to_timestamp($4::double precision), now() + interval '${MINUTES} minutes')
        on conflict (key) do update set account_id = excluded.account_id, amr = excluded.amr, at = now(),
          signed_in_at = excluded.signed_in_at, challenge = null, pending = null, expires_at = excluded.expires_at`,
      values: [key, accountId, amr, signedInAt ?? null],
    });
  }

  /** Undefined where nobody is between two factors there, or where no credential of theirs is good any more. */
  async find(key: Buffer): Promise<FactorStep | undefined> {
    const { rows } = await this.#pool.query({
      name: "factor-step-find",
      text: `select ${accountColumns("a")}, s.amr, s.pending, extract(epoch from s.signed_in_at)::float8 as signed_in_at
        from factor_step s join account a on a.id = s.account_id
        where s.key = $1 and s.expires_at > now() and a.must_recover_since is null
          and not exists (select from password p where p.account_id = s.account_id and p.changed_at > s.at)`,
      values: [key],
    });
    const account = toAccount(rows[0], "a");
    if (!account) return undefined;
    const { amr, pending, signed_in_at } = rows[0];
    return { account, amr, pending, signedInAt: signed_in_at === null ? undefined : Number(signed_in_at) };
  }

  /** One more factor was shown. */
  async prove(key: Buffer, amr: readonly Amr[]): Promise<void> {
    await this.#pool.query({
      name: "factor-step-prove",
      text: "update factor_step set amr = $2 where key = $1",
      values: [key, amr],
    });
  }

  async setPending(key: Buffer, pending: Buffer | null): Promise<void> {
    await this.#pool.query({
      name: "factor-step-pending",
      text: "update factor_step set pending = $2 where key = $1",
      values: [key, pending],
    });
  }

  /** Keeps a challenge, in place of the one before: also where nobody is known yet. */
  async setChallenge(key: Buffer, challenge: string): Promise<void> {
    await this.#pool.query({
      name: "factor-step-challenge",
      text: `insert into factor_step as s (key, challenge, expires_at)
        values ($1, $2, now() + interval '${MINUTES} minutes')
        on conflict (key) do update set challenge = excluded.challenge,
          expires_at = greatest(s.expires_at, excluded.expires_at)`,
      values: [key, challenge],
    });
  }

  /** Takes the challenge: whoever comes second finds none. */
  async takeChallenge(key: Buffer): Promise<string | undefined> {
    const { rows } = await this.#pool.query<{ challenge: string }>({
      name: "factor-step-take-challenge",
      text: `with held as (select key, challenge from factor_step
          where key = $1 and challenge is not null and expires_at > now() for update)
        update factor_step s set challenge = null from held where s.key = held.key returning held.challenge`,
      values: [key],
    });
    return rows[0]?.challenge;
  }

  async end(key: Buffer): Promise<void> {
    await this.#pool.query({
      name: "factor-step-end",
      text: "delete from factor_step where key = $1",
      values: [key],
    });
  }

  async removeExpired(limit: number): Promise<number> {
    const { rowCount } = await this.#pool.query({
      name: "factor-step-remove-expired",
      text: `delete from factor_step where key in
        (select key from factor_step where expires_at <= now() order by expires_at limit $1)`,
      values: [limit],
    });
    return rowCount ?? 0;
  }
}
