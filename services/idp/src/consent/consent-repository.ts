import type { Pool } from "pg";

/** What a person answered to a site that asked for more than it needs. */
export interface Consent {
  accepted: string[];
  refused: string[];
}

/** The same, as their account's page lists it. */
export interface GivenConsent extends Consent {
  clientId: string;
  site: string;
  answeredAt: Date;
}

export class ConsentRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async find(accountId: string, clientId: string): Promise<Consent | undefined> {
    const { rows } = await this.#pool.query<Consent>({
      name: "consent-find",
      text: "select accepted, refused from consent where account_id = $1 and client_id = $2",
      values: [accountId, clientId],
    });
    return rows[0];
  }

  /** The latest answer counts, for the scopes it is about; others stay as they were answered before. */
  async answer(accountId: string, clientId: string, { accepted, refused }: Consent): Promise<void> {
    await this.#pool.query(
      `insert into consent (account_id, client_id, accepted, refused) values ($1, $2, $3, $4)
       on conflict (account_id, client_id) do update set answered_at = now(),
         accepted = excluded.accepted || array(select unnest(consent.accepted) except select unnest(excluded.accepted || excluded.refused)),
         refused = excluded.refused || array(select unnest(consent.refused) except select unnest(excluded.accepted || excluded.refused))`,
      [accountId, clientId, accepted, refused],
    );
  }

  /** Newest first. */
  async listOf(accountId: string): Promise<GivenConsent[]> {
    const { rows } = await this.#pool.query<GivenConsent>(
      `select k.client_id as "clientId", c.metadata->>'entity_name' as site, k.accepted, k.refused,
         k.answered_at as "answeredAt"
       from consent k join client c using (client_id) where k.account_id = $1 order by k.answered_at desc`,
      [accountId],
    );
    return rows;
  }

  /**
   * Takes an answer back: the site has nothing more from now on (what it holds serves no renewal), and the person is asked
   * again when they next sign in there.
   */
  async revoke(accountId: string, clientId: string): Promise<void> {
    await this.#pool.query(
      `with forgotten as (delete from consent where account_id = $1 and client_id = $2),
        grants as (delete from artifact where kind = 'Grant' and account_id = $1 and payload->>'clientId' = $2 returning id)
       delete from artifact where grant_key in (select id from grants)`,
      [accountId, clientId],
    );
  }
}
