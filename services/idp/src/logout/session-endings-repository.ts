import type { Pool } from "pg";

/** Which sessions of an account end: all of them, all but one, or one alone. */
export interface Ending {
  accountId: string;
  except: string | null;
  only: string | null;
}

/**
 * What a session gave goes with it: its grants, by their ids in it, and the codes and tokens below them. A sign-in that has
 * its credentials and waits for its browser goes too; one of the session that stays is spared.
 */
const END_SESSIONS = `with
  ended as (delete from artifact where kind = 'Session' and account_id = $1
      and ($2::text is null or session_uid <> $2) and ($3::text is null or session_uid = $3)
    returning session_uid, payload -> 'authorizations' as authorizations),
  begun as (delete from artifact where kind = 'Interaction' and account_id = $1 and $3::text is null
    and payload #>> '{session,uid}' is distinct from coalesce($2, '')),
  given as (select a.key as client_id, a.value ->> 'sid' as sid,
      sha256(convert_to('Grant:' || (a.value ->> 'grantId'), 'UTF8')) as grant_key
    from ended, jsonb_each(coalesce(authorizations, '{}')) a),
  grants as (delete from artifact where id in (select grant_key from given)),
  tokens as (delete from artifact where grant_key in (select grant_key from given)),
  devices as (delete from session_device where session_uid in (select session_uid from ended)),
  told as (insert into logout_delivery (id, client_id, account_id, sid, due_at)
    select gen_random_uuid(), given.client_id, $1, given.sid, now() from given
      join client c on c.client_id = given.client_id and c.metadata ? 'backchannel_logout_uri'
    where given.sid is not null)
  select count(*)::int as ended from ended`;

export class SessionEndingsRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Ends them and queues a logout for each site they had, in one statement; returns how many ended. */
  async end({ accountId, except, only }: Ending): Promise<number> {
    const { rows } = await this.#pool.query<{ ended: number }>({
      name: "sessions-end",
      text: END_SESSIONS,
      values: [accountId, except, only],
    });
    return rows[0]?.ended ?? 0;
  }
}
