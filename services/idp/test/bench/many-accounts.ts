import type { IdpConfig } from "@interco/contracts/idp-config";
import { surviveLostConnections } from "@interco/platform/postgres";
import pg from "pg";
import { deriveKeys } from "../../src/config.ts";
import { PasswordHasher } from "../../src/credentials/password-hash.ts";

export const BENCH_PASSWORD = "ombrelle prairie quartz lundi";
export const emailOf = (n: number) => `personne${n}@exemple.test`;

/** Fills a provider's database as years of use would: by its owner, since no service may. */
export class FilledDatabase {
  readonly #config: IdpConfig;
  readonly #pool: pg.Pool;

  constructor(config: IdpConfig) {
    this.#config = config;
    this.#pool = new pg.Pool({ connectionString: config.database.owner, max: 1 });
    surviveLostConnections(this.#pool);
  }

  /** Accounts `from` (inclusive) to `to` (exclusive), all with one password. */
  async addAccounts(from: number, to: number): Promise<void> {
    const hash = await new PasswordHasher(deriveKeys(this.#config).pepper).hash(BENCH_PASSWORD);
    await this.#pool.query(
      `with made as (
        insert into account (id, kind, email, email_key, email_verified, given_name, family_name)
        select gen_random_uuid(), 'personal', e, e, true, 'Camille', 'Fictif'
        from (select format('personne%s@exemple.test', n) as e from generate_series($1::int, $2::int - 1) n) named
        returning id)
      insert into password (account_id, hash) select id, $3 from made`,
      [from, to, hash],
    );
    await this.#pool.query("analyze account");
    await this.#pool.query("analyze password");
  }

  /** Tokens that have expired, as sign-ins leave them. */
  async addExpiredTokens(count: number): Promise<void> {
    await this.#pool.query(
      `insert into artifact (id, kind, payload, account_id, grant_key, session_uid, expires_at)
      select sha256(convert_to('expired:' || n, 'UTF8')), 'RefreshToken',
        jsonb_build_object('accountId', n, 'clientId', 'gone', 'scope', 'openid profile email', 'iat', 1, 'kind', 'RefreshToken'),
        null, sha256(convert_to('grant:' || n / 4, 'UTF8')), 'session-' || n / 4, now() - interval '1 minute'
      from generate_series(1, $1::int) n`,
      [count],
    );
    await this.#pool.query("analyze artifact");
  }

  async expiredTokens(): Promise<number> {
    const { rows } = await this.#pool.query<{ left: number }>(
      "select count(*)::int as left from artifact where expires_at < now() - interval '1 second' and kind = 'RefreshToken'",
    );
    return rows[0]?.left ?? 0;
  }

  /** Nothing is counted against anybody any more, and no mail waits. */
  async forgetTries(): Promise<void> {
    await this.#pool.query("delete from throttle");
    await this.#pool.query("delete from mail");
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
