import { newId } from "@interco/platform/ids";
import type { Pool } from "pg";

export interface LogoutDelivery {
  id: string;
  clientId: string;
  accountId: string;
  sid: string;
  attempts: number;
}

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
        where id in (select id from logout_delivery where due_at <= now() order by due_at limit $1
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

  async waiting(): Promise<number> {
    const { rows } = await this.#pool.query<{ waiting: number }>(
      "select count(*) as waiting from logout_delivery where attempts > 0",
    );
    return Number(rows[0]?.waiting ?? 0);
  }
}
