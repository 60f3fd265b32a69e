import { newId } from "@interco/platform/ids";
import type { Pool } from "pg";

export interface LogoutDelivery {
  id: string;
  clientId: string;
  accountId: string;
  sid: string;
  attempts: number;
}

/** A site's sign-outs that it hasn't heard of after a first try. */
export interface FailingDeliveries {
  clientId: string;
  /** The entity's name; null where its client is gone. */
  site: string | null;
  waiting: number;
  /** Of them, those nobody tries any more. */
  givenUp: number;
  attempts: number;
  since: Date;
  /** When one is tried next; null once all were given up. */
  next: Date | null;
  error: string;
}

/** Those given up are shown this long. */
const ABANDONED_SHOWN_DAYS = 30;

/** While somebody tries a delivery, nobody else takes it. */
const TAKEN_SECONDS = 30;

/** The small queue of back-channel logouts: what isn't told to a site yet. */
export class LogoutDeliveryRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Queues a delivery, taken by the caller, who tries it at once. */
  async add(delivery: { clientId: string; accountId: string; sid: string }): Promise<LogoutDelivery> {
    const id = newId();
    await this.#pool.query(
      `insert into logout_delivery (id, client_id, account_id, sid, due_at)
       values ($1, $2, $3, $4, now() + interval '${TAKEN_SECONDS} seconds')`,
      [id, delivery.clientId, delivery.accountId, delivery.sid],
    );
    return { id, attempts: 0, ...delivery };
  }

  async takeDue(limit: number): Promise<LogoutDelivery[]> {
    const { rows } = await this.#pool.query<LogoutDelivery>({
      name: "logout-take-due",
      text: `update logout_delivery set due_at = now() + interval '${TAKEN_SECONDS} seconds'
        where id in (select id from logout_delivery where due_at <= now() and abandoned_at is null order by due_at limit $1
          for update skip locked)
        returning id, client_id as "clientId", account_id as "accountId", sid, attempts`,
      values: [limit],
    });
    return rows;
  }

  async remove(id: string): Promise<void> {
    await this.#pool.query("delete from logout_delivery where id = $1", [id]);
  }

  async postpone(id: string, seconds: number, error: string): Promise<void> {
    await this.#pool.query(
      `update logout_delivery set attempts = attempts + 1, last_error = $3,
         due_at = now() + make_interval(secs => $2) where id = $1`,
      [id, seconds, error.slice(0, 300)],
    );
  }

  /** Tries it no more; it stays to be seen. */
  async abandon(id: string, error: string): Promise<void> {
    await this.#pool.query(
      `update logout_delivery set attempts = attempts + 1, last_error = $2, abandoned_at = now() where id = $1`,
      [id, error.slice(0, 300)],
    );
  }

  /** What no site has heard of after a first try, by site, longest first. Says nothing of whose sign-outs they are. */
  async failing(): Promise<FailingDeliveries[]> {
    const { rows } = await this.#pool.query<FailingDeliveries>({
      name: "logout-failing",
      text: `select d.client_id as "clientId", max(c.metadata->>'entity_name') as site, count(*)::int as waiting,
          count(d.abandoned_at)::int as "givenUp", max(d.attempts) as attempts, min(d.created_at) as since,
          min(d.due_at) filter (where d.abandoned_at is null) as next,
          coalesce((array_agg(d.last_error order by d.due_at desc))[1], '') as error
        from logout_delivery d left join client c using (client_id)
        where d.attempts > 0 group by d.client_id order by min(d.created_at) limit 200`,
    });
    return rows;
  }

  /** Makes a site's failed deliveries due now, those given up too; how many. One that is being tried stays taken. */
  async retryNow(clientId: string): Promise<number> {
    const { rowCount } = await this.#pool.query({
      name: "logout-retry-now",
      text: `update logout_delivery set due_at = now(), abandoned_at = null where client_id = $1 and attempts > 0
        and (abandoned_at is not null or due_at > now() + interval '${TAKEN_SECONDS} seconds')`,
      values: [clientId],
    });
    return rowCount ?? 0;
  }

  /** Forgets those that were given up long ago; how many. */
  async removeAbandoned(limit: number): Promise<number> {
    const { rowCount } = await this.#pool.query(
      `delete from logout_delivery where id in (select id from logout_delivery
         where abandoned_at < now() - interval '${ABANDONED_SHOWN_DAYS} days' limit $1)`,
      [limit],
    );
    return rowCount ?? 0;
  }

  async waiting(): Promise<number> {
    const { rows } = await this.#pool.query<{ waiting: number }>(
      "select count(*) as waiting from logout_delivery where attempts > 0 and abandoned_at is null",
    );
    return Number(rows[0]?.waiting ?? 0);
  }
}
