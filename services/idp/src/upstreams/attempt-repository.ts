import type { Pool } from "pg";

/** Somebody sent to an upstream. */
export interface Attempt {
  state: Buffer;
  browser: Buffer;
  upstream: string;
  entity: string;
  interactionUid: string;
  /** The site they sign in to, for the way back. */
  clientId: string;
}

export class AttemptRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** It lasts as long as the sign-in it belongs to. */
  async add(attempt: Attempt): Promise<void> {
    await this.#pool.query({
      name: "upstream-attempt-add",
      text: `insert into upstream_attempt (state, browser, upstream, entity, interaction_uid, client_id, expires_at)
        values ($1, $2, $3, $4, $5, $6, now() + interval '1 hour')`,
      values: [
        attempt.state,
        attempt.browser,
        attempt.upstream,
        attempt.entity,
        attempt.interactionUid,
        attempt.clientId,
      ],
    });
  }

  /** Takes it, once, for the browser it was made in: another one neither gets nor spoils it. */
  async take(state: Buffer, browser: Buffer): Promise<Attempt | undefined> {
    const { rows } = await this.#pool.query<Attempt>({
      name: "upstream-attempt-take",
      text: `delete from upstream_attempt where state = $1 and browser = $2 and expires_at > now()
        returning state, browser, upstream, entity, interaction_uid as "interactionUid", client_id as "clientId"`,
      values: [state, browser],
    });
    return rows[0];
  }
}
