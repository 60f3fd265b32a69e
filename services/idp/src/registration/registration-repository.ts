import { newId } from "@interco/platform/ids";
import type { Language } from "@interco/ui/messages";
import type { Pool } from "pg";
import { emailKey } from "../accounts/account-repository.ts";
import type { WrittenMail } from "../mail/mail-repository.ts";

/** What somebody asked for, until it is confirmed. */
export interface Registration {
  id: Buffer;
  email: string;
  givenName: string;
  familyName: string;
  passwordHash: string;
  interactionUid: string | null;
  clientId: string | null;
  language: Language;
}

export const CODE_TRIES = 5;

const COLUMNS = `r.id, r.email, r.given_name as "givenName", r.family_name as "familyName",
  r.password_hash as "passwordHash", r.interaction_uid as "interactionUid", r.client_id as "clientId", r.language`;
/** Not used, and not expired. */
const OPEN = "r.used_at is null and r.expires_at > now()";

export class RegistrationRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * Keeps what was asked, for longer than its mail is tried, and that mail, in one statement. Where one waits already for the
   * same address, a mail that must wait isn't written: however many are asked for, few leave, and whoever asks without end
   * takes nobody's mail away. Its link is as good: it proves the address, and each browser confirms what it asked itself.
   */
  async add(wanted: Registration & { code: Buffer }, mail: WrittenMail, waitSeconds: number): Promise<void> {
    await this.#pool.query({
      name: "registration-add",
      text: `with asked as (
          insert into registration (id, email, email_key, given_name, family_name, password_hash, code, interaction_uid,
            client_id, language, expires_at)
          values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() + interval '6 hours' + make_interval(secs => $17)))
        insert into mail (id, recipient, kind, subject, text_body, html_body, due_at)
        select $11, $12, $13, $14, $15, $16, now() + make_interval(secs => $17)
        where $17 = 0 or not exists (select 1 from mail
          where recipient = $12 and kind like 'registration%' and due_at > now() and attempts = 0)`,
      values: [
        wanted.id,
        wanted.email,
        emailKey(wanted.email),
        wanted.givenName,
        wanted.familyName,
        wanted.passwordHash,
        wanted.code,
        wanted.interactionUid,
        wanted.clientId,
        wanted.language,
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

  /** One that can still be confirmed. */
  async find(id: Buffer): Promise<Registration | undefined> {
    const { rows } = await this.#pool.query<Registration>({
      name: "registration-find",
      text: `select ${COLUMNS} from registration r where r.id = $1 and ${OPEN}`,
      values: [id],
    });
    return rows[0];
  }

  /** The latest one of an address that can still be confirmed. */
  async findLatest(email: string): Promise<Registration | undefined> {
    const { rows } = await this.#pool.query<Registration>({
      name: "registration-find-latest",
      text: `select ${COLUMNS} from registration r where r.email_key = $1 and ${OPEN} order by r.created_at desc limit 1`,
      values: [emailKey(email)],
    });
    return rows[0];
  }

  /** Gives one that is open another link and code, and writes its mail, in one statement. */
  async replace(
    former: Buffer,
    { id, code }: { id: Buffer; code: Buffer },
    mail: WrittenMail,
    waitSeconds: number,
  ): Promise<void> {
    await this.#pool.query({
      name: "registration-replace",
      text: `with former as (delete from registration r where r.id = $1 and ${OPEN} returning r.*),
        again as (insert into registration (id, email, email_key, given_name, family_name, password_hash, code, client_id,
            language, expires_at)
          select $2, email, email_key, given_name, family_name, password_hash, $3, client_id, language,
            now() + interval '6 hours' + make_interval(secs => $10) from former returning 1)
        insert into mail (id, recipient, kind, subject, text_body, html_body, due_at)
        select $4, $5, $6, $7, $8, $9, now() + make_interval(secs => $10) from again`,
      values: [
        former,
        id,
        code,
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
      name: "registration-try-code",
      text: `update registration r set attempts = attempts + 1
        where r.id = $1 and ${OPEN} and r.attempts < ${CODE_TRIES}
        returning r.code = $2::bytea as right, ${CODE_TRIES} - r.attempts as "triesLeft"`,
      values: [id, code],
    });
    return rows[0];
  }

  /**
   * Marks it used: its password's hash goes, and `ticket` is good for two minutes. False where somebody was faster.
   * `accountId` is null where it made none.
   */
  async use(id: Buffer, accountId: string | null, ticket: Buffer | null): Promise<boolean> {
    const { rowCount } = await this.#pool.query({
      name: "registration-use",
      text: `update registration r set used_at = now(), password_hash = null, account_id = $2, ticket = $3
        where r.id = $1 and ${OPEN}`,
      values: [id, accountId, ticket],
    });
    return rowCount === 1;
  }

  /** The account a ticket signs in to, once, in the sign-in it was given for. */
  async takeTicket(ticket: Buffer, interactionUid: string): Promise<string | undefined> {
    const { rows } = await this.#pool.query<{ accountId: string }>({
      name: "registration-take-ticket",
      text: `update registration r set ticket = null
        where r.ticket = $1 and r.interaction_uid = $2 and r.used_at > now() - interval '2 minutes'
        returning r.account_id as "accountId"`,
      values: [ticket, interactionUid],
    });
    return rows[0]?.accountId;
  }

  async removeExpired(limit: number): Promise<number> {
    const { rowCount } = await this.#pool.query({
      name: "registration-remove-expired",
      text: `delete from registration where id in
        (select id from registration where expires_at <= now() order by expires_at limit $1)`,
      values: [limit],
    });
    return rowCount ?? 0;
  }
}
