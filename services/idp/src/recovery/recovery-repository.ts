import { newId } from "@interco/platform/ids";
import type { Language } from "@interco/ui/messages";
import type { Pool } from "pg";
import { type AccountRow, accountColumns, toAccount } from "../accounts/account-repository.ts";
import type { WrittenMail } from "../mail/mail-repository.ts";
import type { Amr } from "../provider/acr.ts";

/** One link somebody asked for, as long as it is good. */
export interface Recovery {
  id: Buffer;
  account: AccountRow;
  interactionUid: string | null;
  clientId: string | null;
  /** Hash of what the browser that showed the second factor keeps; null where none did. */
  proof: Buffer | null;
  /** What it showed. */
  amr: Amr[];
}

export interface AskedRecovery {
  /** One link an account; none where the address has no account. */
  links: readonly { id: Buffer; accountId: string }[];
  interactionUid: string | null;
  clientId: string | null;
  language: Language;
}

/** Not used, and within its hour. */
const OPEN = "r.used_at is null and r.expires_at > now()";

export class RecoveryRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * Keeps the links, until an hour after their mail may leave, and that mail, in one statement, which is the same where there is
   * nothing to keep. Where one waits already for that address, a mail that must wait isn't written.
   */
  async add(asked: AskedRecovery, mail: WrittenMail, waitSeconds: number): Promise<void> {
    await this.#pool.query({
      name: "recovery-add",
      text: `with kept as (
          insert into recovery (id, account_id, interaction_uid, client_id, language, expires_at)
          select link.id, link.account_id, $3, $4, $5, now() + interval '1 hour' + make_interval(secs => $12)
          from unnest($1::bytea[], $2::uuid[]) link (id, account_id))
        insert into mail (id, recipient, kind, subject, text_body, html_body, due_at)
        select $6, $7, $8, $9, $10, $11, now() + make_interval(secs => $12)
        where $12 = 0 or not exists (select 1 from mail
          where recipient = $7 and kind like 'recovery%' and due_at > now() and attempts = 0)`,
      values: [
        asked.links.map(({ id }) => id),
        asked.links.map(({ accountId }) => accountId),
        asked.interactionUid,
        asked.clientId,
        asked.language,
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

  /** One that is good still. */
  async find(id: Buffer): Promise<Recovery | undefined> {
    const { rows } = await this.#pool.query({
      name: "recovery-find",
      text: `select r.id, r.interaction_uid as "interactionUid", r.client_id as "clientId", r.proof, r.amr, ${accountColumns("a")}
        from recovery r join account a on a.id = r.account_id where r.id = $1 and ${OPEN}`,
      values: [id],
    });
    const account = toAccount(rows[0], "a");
    if (!account) return undefined;
    const { interactionUid, clientId, proof, amr } = rows[0];
    return { id, account, interactionUid, clientId, proof, amr };
  }

  /** The second factor was shown by the browser whose cookie hashes to `proof`. */
  async prove(id: Buffer, proof: Buffer, amr: readonly Amr[]): Promise<void> {
    await this.#pool.query({
      name: "recovery-prove",
      text: `update recovery r set proof = $2, amr = $3 where r.id = $1 and ${OPEN}`,
      values: [id, proof, amr],
    });
  }

  /**
   * Sets the new password and uses every link of the account up, in one statement; what was asked of the account until then is
   * met. False where somebody was faster.
   */
  async use(id: Buffer, passwordHash: string, ticket: Buffer | null): Promise<boolean> {
    const { rowCount } = await this.#pool.query({
      name: "recovery-use",
      text: `with used as (update recovery r set used_at = now(), ticket = $3
          where r.id = $1 and ${OPEN} returning r.account_id),
        others as (update recovery r set used_at = now() from used
          where r.account_id = used.account_id and r.id <> $1 and r.used_at is null),
        set_anew as (insert into password (account_id, hash) select account_id, $2 from used
          on conflict (account_id) do update set hash = excluded.hash, changed_at = now()),
        freed as (update account a set must_recover_since = null from used
          where a.id = used.account_id and a.must_recover_since is not null)
        select 1 from used`,
      values: [id, passwordHash, ticket],
    });
    return rowCount === 1;
  }

  /** The account a ticket signs in to, once, in the sign-in it was given for, and what was shown besides the password. */
  async takeTicket(
    ticket: Buffer,
    interactionUid: string,
  ): Promise<{ accountId: string; amr: Amr[] } | undefined> {
    const { rows } = await this.#pool.query<{ accountId: string; amr: Amr[] }>({
      name: "recovery-take-ticket",
      text: `update recovery r set ticket = null
        where r.ticket = $1 and r.interaction_uid = $2 and r.used_at > now() - interval '2 minutes'
        returning r.account_id as "accountId", r.amr`,
      values: [ticket, interactionUid],
    });
    return rows[0];
  }

  async removeExpired(limit: number): Promise<number> {
    const { rowCount } = await this.#pool.query({
      name: "recovery-remove-expired",
      text: `delete from recovery where id in
        (select id from recovery where expires_at <= now() order by expires_at limit $1)`,
      values: [limit],
    });
    return rowCount ?? 0;
  }
}
