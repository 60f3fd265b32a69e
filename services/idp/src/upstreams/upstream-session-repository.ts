import type { Pool } from "pg";

/** Where a browser's person is signed in besides. */
export interface UpstreamSession {
  accountId: string;
  upstream: string;
  entity: string;
  sealedIdToken: Buffer;
}

/** As long as a session here may last. */
const HOURS = 12;

export class UpstreamSessionRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Keeps it in place of the one this browser had. */
  async keep(browser: Buffer, session: UpstreamSession): Promise<void> {
    await this.#pool.query({
      name: "upstream-session-keep",
      text: `insert into upstream_session (browser, account_id, upstream, entity, sealed_id_token, expires_at)
        values ($1, $2, $3, $4, $5, now() + interval '${HOURS} hours')
        on conflict (browser) do update set account_id = excluded.account_id, upstream = excluded.upstream,
          entity = excluded.entity, sealed_id_token = excluded.sealed_id_token, expires_at = excluded.expires_at`,
      values: [browser, session.accountId, session.upstream, session.entity, session.sealedIdToken],
    });
  }

  /** Takes the browser's, where it is of this account. */
  async take(browser: Buffer, accountId: string): Promise<UpstreamSession | undefined> {
    const { rows } = await this.#pool.query<UpstreamSession>({
      name: "upstream-session-take",
      text: `delete from upstream_session where browser = $1 and account_id = $2 and expires_at > now()
        returning account_id as "accountId", upstream, entity, sealed_id_token as "sealedIdToken"`,
      values: [browser, accountId],
    });
    return rows[0];
  }

  async addLogout(state: Buffer, target: string): Promise<void> {
    await this.#pool.query({
      name: "upstream-logout-add",
      text: "insert into upstream_logout (state, target, expires_at) values ($1, $2, now() + interval '10 minutes')",
      values: [state, target],
    });
  }

  /** Where somebody who was signed out there goes on to, once. */
  async takeLogout(state: Buffer): Promise<string | undefined> {
    const { rows } = await this.#pool.query<{ target: string }>({
      name: "upstream-logout-take",
      text: "delete from upstream_logout where state = $1 and expires_at > now() returning target",
      values: [state],
    });
    return rows[0]?.target;
  }

  /** Removes what has expired of all that concerns upstreams, a bounded number of rows of each; how many at most. */
  async removeExpired(limit: number): Promise<number> {
    const removed = async (table: string, key: string) => {
      const { rowCount } = await this.#pool.query({
        name: `upstream-remove-expired-${table}`,
        text: `delete from ${table} where ${key} in
          (select ${key} from ${table} where expires_at <= now() order by expires_at limit $1)`,
        values: [limit],
      });
      return rowCount ?? 0;
    };
    return Math.max(
      await removed("upstream_attempt", "state"),
      await removed("upstream_arrival", "id"),
      await removed("upstream_session", "browser"),
      await removed("upstream_logout", "state"),
    );
  }
}
