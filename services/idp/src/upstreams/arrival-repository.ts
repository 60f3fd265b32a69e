import { newId } from "@interco/platform/ids";
import type { Pool } from "pg";
import type { WrittenMail } from "../mail/mail-repository.ts";
import type { Amr } from "../provider/acr.ts";

/** Somebody an upstream has vouched for, whose account isn't known yet. */
export interface Arrival {
  id: Buffer;
  upstream: string;
  entity: string;
  subject: Buffer;
  pivot: Buffer | null;
  amr: Amr[];
  sealed: Buffer;
  interactionUid: string;
  /** A code was mailed. */
  asked: boolean;
}

export const ARRIVAL_CODE_TRIES = 5;

const COLUMNS = `a.id, a.upstream, a.entity, a.subject, a.pivot, a.amr, a.sealed,
  a.interaction_uid as "interactionUid", a.code is not null as asked`;
const OPEN = "a.expires_at > now()";

export class ArrivalRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async add(arrival: Omit<Arrival, "asked">): Promise<void> {
    await this.#pool.query({
      name: "upstream-arrival-add",
      text: `insert into upstream_arrival (id, upstream, entity, subject, pivot, amr, sealed, interaction_uid, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, now() + interval '1 hour')`,
      values: [
        arrival.id,
        arrival.upstream,
        arrival.entity,
        arrival.subject,
        arrival.pivot,
        arrival.amr,
        arrival.sealed,
        arrival.interactionUid,
      ],
    });
  }

  async find(id: Buffer, interactionUid: string): Promise<Arrival | undefined> {
    const { rows } = await this.#pool.query<Arrival>({
      name: "upstream-arrival-find",
      text: `select ${COLUMNS} from upstream_arrival a where a.id = $1 and a.interaction_uid = $2 and ${OPEN}`,
      values: [id, interactionUid],
    });
    return rows[0];
  }

  /** Whose account they have shown to be theirs, once: nobody goes on with it in two ways. */
  async prove(id: Buffer, accountId: string): Promise<boolean> {
    const { rowCount } = await this.#pool.query({
      name: "upstream-arrival-prove",
      text: `update upstream_arrival a set account_id = $2
        where a.id = $1 and ${OPEN} and (a.account_id is null or a.account_id = $2)`,
      values: [id, accountId],
    });
    return rowCount === 1;
  }

  /** Takes what came to this account by this sign-in, whose end it is. */
  async takeProven(interactionUid: string, accountId: string): Promise<Arrival | undefined> {
    const { rows } = await this.#pool.query<Arrival>({
      name: "upstream-arrival-take",
      text: `delete from upstream_arrival a where a.interaction_uid = $1 and a.account_id = $2 and ${OPEN}
        returning ${COLUMNS}`,
      values: [interactionUid, accountId],
    });
    return rows[0];
  }

  /**
   * Keeps a code and the mail that holds it, in one statement. A mail that must wait takes the place of one that waits already
   * for the same address.
   */
  async askCode(
    id: Buffer,
    { code, sealed }: { code: Buffer; sealed: Buffer },
    mail: WrittenMail,
    waitSeconds: number,
  ): Promise<void> {
    await this.#pool.query({
      name: "upstream-arrival-ask-code",
      text: `with asked as (update upstream_arrival a set code = $2, sealed = $3, attempts = 0 where a.id = $1 and ${OPEN}
          returning 1),
        replaced as (delete from mail
          where recipient = $5 and kind like 'upstream%' and due_at > now() and attempts = 0)
        insert into mail (id, recipient, kind, subject, text_body, html_body, due_at)
        select $4, $5, $6, $7, $8, $9, now() + make_interval(secs => $10) from asked`,
      values: [
        id,
        code,
        sealed,
        newId(),
        mail.recipient,
        mail.kind,
        mail.subject,
        mail.text,
        mail.html,
        waitSeconds,
      ],
    });
  }

  /** Counts one code typed, before it is compared; undefined where none may be typed any more. */
  async tryCode(id: Buffer, code: Buffer): Promise<{ right: boolean; triesLeft: number } | undefined> {
    const { rows } = await this.#pool.query<{ right: boolean; triesLeft: number }>({
      name: "upstream-arrival-try-code",
      text: `update upstream_arrival a set attempts = attempts + 1
        where a.id = $1 and ${OPEN} and a.code is not null and a.attempts < ${ARRIVAL_CODE_TRIES}
        returning a.code = $2::bytea as right, ${ARRIVAL_CODE_TRIES} - a.attempts as "triesLeft"`,
      values: [id, code],
    });
    return rows[0];
  }
}
