import type { Pool } from "pg";
import type { Device } from "./device.ts";

/** A session of an account, as its person sees it. */
export interface ListedSession {
  sessionUid: string;
  signedInAt: Date;
  clientIds: string[];
  /** Null where it began before devices were noted. */
  device: Device | null;
  network: string;
}

export class SessionListRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async list(accountId: string): Promise<ListedSession[]> {
    const { rows } = await this.#pool.query(
      `select a.session_uid, a.signed_in_at, d.browser, d.system, d.network,
          array(select jsonb_object_keys(coalesce(a.payload -> 'authorizations', '{}'))) as client_ids
        from artifact a left join session_device d on d.session_uid = a.session_uid
        where a.kind = 'Session' and a.account_id = $1 and a.expires_at > now() order by a.signed_in_at desc limit 100`,
      [accountId],
    );
    return rows.map((row) => ({
      sessionUid: row.session_uid,
      signedInAt: row.signed_in_at,
      clientIds: row.client_ids,
      device: row.browser ? { browser: row.browser, system: row.system } : null,
      network: row.network ?? "",
    }));
  }
}
