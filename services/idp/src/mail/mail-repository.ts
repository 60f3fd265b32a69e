import type { Pool } from "pg";
import { bindings, queueMail } from "./mail-statement.ts";

/** A mail as it was written: what a repository queues in the statement of the change it tells of. */
export interface WrittenMail {
  recipient: string;
  kind: string;
  subject: string;
  text: string;
  html: string;
}

export interface QueuedMail extends WrittenMail {
  id: string;
  /** This one included. */
  attempts: number;
}

/** While somebody tries a mail, nobody else takes it. Longer than a mail server may take to answer. */
const TAKEN_SECONDS = 60;

/** The queue of mails. What changes something queues its mail in the same statement; this is the rest of its life. */
export class MailRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Queues one that tells of nothing a statement changed. */
  async add(mail: WrittenMail): Promise<void> {
    const { values, $ } = bindings();
    await this.#pool.query(queueMail(mail, $, "(select 1) one"), values);
  }

  async takeDue(limit: number): Promise<QueuedMail[]> {
    const { rows } = await this.#pool.query<QueuedMail>({
      name: "mail-take-due",
      text: `update mail set due_at = now() + interval '${TAKEN_SECONDS} seconds', attempts = attempts + 1
        where id in (select id from mail where due_at <= now() order by due_at limit $1 for update skip locked)
        returning id, recipient, kind, subject, text_body as text, html_body as html, attempts`,
      values: [limit],
    });
    return rows;
  }

  /** Its text goes: it held what gives access. */
  async markSent(id: string): Promise<void> {
    await this.#pool.query({
      name: "mail-sent",
      text: `update mail set sent_at = now(), due_at = null, text_body = null, html_body = null, last_error = null
        where id = $1`,
      values: [id],
    });
  }

  async postpone(id: string, seconds: number, error: string): Promise<void> {
    await this.#pool.query({
      name: "mail-postpone",
      text: "update mail set due_at = now() + make_interval(secs => $2), last_error = $3 where id = $1",
      values: [id, seconds, error.slice(0, 300)],
    });
  }

  async giveUp(id: string, error: string): Promise<void> {
    await this.#pool.query({
      name: "mail-give-up",
      text: "update mail set due_at = null, text_body = null, html_body = null, last_error = $2 where id = $1",
      values: [id, error.slice(0, 300)],
    });
  }

  /** Removes mails a week after they were written: until then an operator can see what became of one. */
  async removeOld(limit: number): Promise<number> {
    const { rowCount } = await this.#pool.query({
      name: "mail-remove-old",
      text: `delete from mail where id in
        (select id from mail where created_at < now() - interval '7 days' order by created_at limit $1)`,
      values: [limit],
    });
    return rowCount ?? 0;
  }

  /** Mails of the last week that no mail server took, by kind. To whom isn't said. */
  async givenUp(): Promise<{ kind: string; mails: number; last: Date }[]> {
    const { rows } = await this.#pool.query<{ kind: string; mails: number; last: Date }>({
      name: "mail-given-up",
      text: `select split_part(kind, ':', 1) as kind, count(*)::int as mails, max(created_at) as last
        from mail where due_at is null and sent_at is null and created_at > now() - interval '7 days'
        group by 1 order by 1 limit 50`,
    });
    return rows;
  }

  async waiting(): Promise<number> {
    const { rows } = await this.#pool.query<{ waiting: number }>({
      name: "mail-waiting",
      text: "select count(*) as waiting from mail where due_at is not null and attempts > 0",
    });
    return Number(rows[0]?.waiting ?? 0);
  }
}
