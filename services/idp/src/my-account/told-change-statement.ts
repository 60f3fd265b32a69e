import type { WrittenMail } from "../mail/mail-repository.ts";
import { type Bind, queueMail } from "../mail/mail-statement.ts";

/** A week to say "it wasn't me". */
export const UNDO_DAYS = 7;

/** A sensitive change, the mail that tells of it, and what its link is known by. */
export interface Telling {
  /** SHA-256 of the token in the mail. */
  id: Buffer;
  accountId: string;
  kind: string;
  formerEmail: string | null;
  formerEmailKey: string | null;
  mail: WrittenMail;
}

/** Tells of a change as part of the statement that makes it: for each row of `gate`, which has one or none. */
export function tellParts(telling: Telling, $: Bind, gate: string): string {
  const { id, accountId, kind, formerEmail, formerEmailKey, mail } = telling;
  return `told as (insert into told_change (id, account_id, kind, told_to, former_email, former_email_key, expires_at)
      select ${$(id, "bytea")}, ${$(accountId, "uuid")}, ${$(kind, "text")}, ${$(mail.recipient, "text")},
        ${$(formerEmail, "text")}, ${$(formerEmailKey, "text")}, now() + interval '${UNDO_DAYS} days' from ${gate}),
    mailed as (${queueMail(mail, $, gate)})`;
}
