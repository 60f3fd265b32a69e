import type { Pool, PoolClient } from "pg";
import type { Factors, KnownPasskey, NewPasskey } from "./factor.ts";

/** More keys than this on one account are a mistake or a flood. */
export const MOST_PASSKEYS = 20;
/** Steps a code holds before and after its own. */
const STEPS = 1;

const PASSKEY = `k.credential_id as "credentialId", k.account_id as "accountId", k.name, k.public_key as "publicKey",
  k.counter, k.transports, k.syncable, k.backed_up as "backedUp", k.created_at as "createdAt", k.used_at as "usedAt"`;
const FACTORS = `(select count(*) from passkey k where k.account_id = $1)::int as passkeys,
  exists (select from authenticator a where a.account_id = $1) as authenticator,
  (select count(*) from printed_code c where c.account_id = $1 and c.used_at is null)::int as codes,
  exists (select from printed_code c where c.account_id = $1) as printed`;

/** Passkeys, the authenticator program and the printed codes of accounts. */
export class FactorRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async of(accountId: string): Promise<Factors> {
    const { rows } = await this.#pool.query({
      name: "factors-of",
      text: `select ${FACTORS}`,
      values: [accountId],
    });
    return toFactors(rows[0]);
  }

  async passkeysOf(accountId: string): Promise<KnownPasskey[]> {
    const { rows } = await this.#pool.query({
      name: "passkeys-of",
      text: `select ${PASSKEY} from passkey k where k.account_id = $1 order by k.created_at, k.credential_id`,
      values: [accountId],
    });
    return rows.map(toPasskey);
  }

  async findPasskey(credentialId: Buffer): Promise<KnownPasskey | undefined> {
    const { rows } = await this.#pool.query({
      name: "passkey-find",
      text: `select ${PASSKEY} from passkey k where k.credential_id = $1`,
      values: [credentialId],
    });
    return rows[0] && toPasskey(rows[0]);
  }

  /** False where the account has as many as it may, or somebody has this one. */
  async addPasskey(accountId: string, name: string, key: NewPasskey): Promise<boolean> {
    const { rowCount } = await this.#pool.query({
      name: "passkey-add",
      text: `insert into passkey (credential_id, account_id, name, public_key, counter, transports, syncable, backed_up)
        select $1, $2, $3, $4, $5, $6, $7, $8
        where (select count(*) from passkey where account_id = $2) < ${MOST_PASSKEYS}
        on conflict (credential_id) do nothing`,
      values: [
        key.credentialId,
        accountId,
        name,
        key.publicKey,
        key.counter,
        key.transports,
        key.syncable,
        key.backedUp,
      ],
    });
    return rowCount === 1;
  }

  /** Keeps the counter of a signature; false where a later one was seen meanwhile (WebAuthn §7.2, 22: a copy may sign). */
  async usePasskey(credentialId: Buffer, counter: number, backedUp: boolean): Promise<boolean> {
    const { rowCount } = await this.#pool.query({
      name: "passkey-use",
      text: `update passkey set counter = $2, backed_up = $3, used_at = now()
        where credential_id = $1 and (counter < $2 or (counter = 0 and $2::bigint = 0))`,
      values: [credentialId, counter, backedUp],
    });
    return rowCount === 1;
  }

  async renamePasskey(accountId: string, credentialId: Buffer, name: string): Promise<boolean> {
    const { rowCount } = await this.#pool.query({
      name: "passkey-rename",
      text: "update passkey set name = $3 where account_id = $1 and credential_id = $2",
      values: [accountId, credentialId, name],
    });
    return rowCount === 1;
  }

  /** Sets the account's program, in place of one it had. */
  async putAuthenticator(accountId: string, sealedSecret: Buffer, usedStep: number | null): Promise<void> {
    await this.#pool.query({
      name: "authenticator-put",
      text: `insert into authenticator (account_id, sealed_secret, used_steps) values ($1, $2, $3)
        on conflict (account_id) do update set sealed_secret = excluded.sealed_secret, used_steps = excluded.used_steps,
          created_at = now(), used_at = null`,
      values: [accountId, sealedSecret, usedStep === null ? [] : [usedStep]],
    });
  }

  /** The same where the account has no factor at all; false where it has one. */
  async giveFirstAuthenticator(accountId: string, sealedSecret: Buffer): Promise<boolean> {
    const { rowCount } = await this.#pool.query({
      name: "authenticator-give-first",
      text: `insert into authenticator (account_id, sealed_secret) select $1, $2
        where not exists (select from passkey where account_id = $1)
          and not exists (select from printed_code where account_id = $1)
        on conflict (account_id) do nothing`,
      values: [accountId, sealedSecret],
    });
    return rowCount === 1;
  }

  async findAuthenticator(
    accountId: string,
  ): Promise<{ sealedSecret: Buffer; createdAt: Date; usedAt: Date | null } | undefined> {
    const { rows } = await this.#pool.query<{ sealedSecret: Buffer; createdAt: Date; usedAt: Date | null }>({
      name: "authenticator-find",
      text: `select sealed_secret as "sealedSecret", created_at as "createdAt", used_at as "usedAt"
        from authenticator where account_id = $1`,
      values: [accountId],
    });
    return rows[0];
  }

  /** Uses the code of one step up; false where it was used already (RFC 6238 §5.2). */
  async useStep(accountId: string, step: number): Promise<boolean> {
    const { rowCount } = await this.#pool.query({
      name: "authenticator-use-step",
      text: `update authenticator set used_at = now(), used_steps = array_append(
          array(select one from unnest(used_steps) one where one >= $2::bigint - ${2 * STEPS}), $2::bigint)
        where account_id = $1 and not used_steps @> array[$2::bigint]`,
      values: [accountId, step],
    });
    return rowCount === 1;
  }

  /** New printed codes, in place of all there were. */
  async replaceCodes(accountId: string, codes: readonly Buffer[]): Promise<void> {
    await this.#pool.query({
      name: "printed-codes-replace",
      text: `with gone as (delete from printed_code where account_id = $1)
        insert into printed_code (account_id, code) select $1, unnest($2::bytea[])`,
      values: [accountId, codes],
    });
  }

  /** Uses one up; how many are left, undefined where it isn't one of the account's or was used. */
  async useCode(accountId: string, code: Buffer): Promise<number | undefined> {
    const { rows } = await this.#pool.query<{ left: number }>({
      name: "printed-code-use",
      text: `with used as (update printed_code set used_at = now()
          where account_id = $1 and code = $2 and used_at is null returning 1)
        select (select count(*) from printed_code where account_id = $1 and used_at is null and code <> $2)::int as left
        from used`,
      values: [accountId, code],
    });
    return rows[0]?.left;
  }

  async codesMadeAt(accountId: string): Promise<Date | undefined> {
    const { rows } = await this.#pool.query<{ at: Date | null }>({
      name: "printed-codes-made",
      text: "select min(created_at) as at from printed_code where account_id = $1",
      values: [accountId],
    });
    return rows[0]?.at ?? undefined;
  }

  /**
   * Removes one factor. "last": it is the last one of a professional account, and stays. Two removals at once wait for each
   * other, so that they can't each leave the other's.
   */
  async remove(accountId: string, which: Removal): Promise<"removed" | "last" | "unknown"> {
    const client = await this.#pool.connect();
    try {
      await client.query("begin");
      const { rows } = await client.query<{ kind: string }>(
        "select kind from account where id = $1 for update",
        [accountId],
      );
      const outcome = rows[0] ? await this.#removeLocked(client, accountId, rows[0].kind, which) : "unknown";
      await client.query(outcome === "removed" ? "commit" : "rollback");
      return outcome;
    } catch (error) {
      await client.query("rollback").catch(() => {});
      throw error;
    } finally {
      client.release();
    }
  }

  async #removeLocked(client: PoolClient, accountId: string, kind: string, which: Removal) {
    const table = { passkey: "passkey", authenticator: "authenticator", codes: "printed_code" }[which.what];
    const one = which.what === "passkey";
    const { rowCount } = await client.query(
      `delete from ${table} where account_id = $1${one ? " and credential_id = $2" : ""}`,
      one ? [accountId, which.credentialId] : [accountId],
    );
    if (!rowCount) return "unknown";
    const { rows } = await client.query(`select ${FACTORS}`, [accountId]);
    const { passkeys, authenticator, codes } = toFactors(rows[0]);
    return kind === "professional" && passkeys + codes === 0 && !authenticator ? "last" : "removed";
  }
}

export type Removal = { what: "passkey"; credentialId: Buffer } | { what: "authenticator" | "codes" };

function toFactors(row: Record<string, unknown> | undefined): Factors {
  const passkeys = Number(row?.passkeys ?? 0);
  const authenticator = row?.authenticator === true;
  return {
    passkeys,
    authenticator,
    codes: Number(row?.codes ?? 0),
    any: passkeys > 0 || authenticator || row?.printed === true,
  };
}

function toPasskey(row: Record<string, unknown>): KnownPasskey {
  return { ...(row as unknown as KnownPasskey), counter: Number(row.counter) };
}
