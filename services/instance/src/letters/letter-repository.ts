import { runStatement, type Statement } from "@interco/platform/statement";
import type { Transaction } from "../database.ts";

/** A mail about a request, and the proof of its sending. */
export interface Letter {
  id: string;
  /** The hosted entity whose instance sends it. */
  entity: string;
  /** The entity it wears. */
  senderEntity: string;
  requestId: string | null;
  kind: string;
  recipient: string;
  subject: string;
  text: string;
  html: string;
}

const KEEP_LETTER: Statement = {
  name: "keep-letter",
  last: true,
  // An update that changes nothing: what is there comes back.
  text: `insert into letter (id, entity, sender_entity, request_id, kind, recipient, subject, text_body, html_body)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (id) do update set attempts = letter.attempts
    returning sent_at is not null as sent`,
};

/**
 * Keeps a letter before it leaves, and commits; its id comes from the job, so that a job which runs twice finds it.
 * Returns whether it has been sent already.
 */
export async function keepLetter(trx: Transaction, letter: Letter): Promise<{ sent: boolean }> {
  const { id, entity, senderEntity, requestId, kind, recipient, subject, text, html } = letter;
  const { rows } = await runStatement<{ sent: boolean }>(trx, KEEP_LETTER, [
    id,
    entity,
    senderEntity,
    requestId,
    kind,
    recipient,
    subject,
    text,
    html,
  ]);
  return rows[0] ?? { sent: false };
}

const MARK_SENT: Statement = {
  name: "mark-letter-sent",
  last: true,
  text: "update letter set sent_at = now(), message_id = $2, last_error = null, attempts = attempts + 1 where id = $1",
};

/** The proof: when the mail server took it, under which Message-ID. To be durable: the mail has left. */
export async function markSent(trx: Transaction, id: string, messageId: string): Promise<void> {
  await runStatement(trx, MARK_SENT, [id, messageId]);
}

const MARK_FAILED: Statement = {
  name: "mark-letter-failed",
  last: true,
  text: "update letter set last_error = $2, attempts = attempts + 1 where id = $1",
};

export async function markFailed(trx: Transaction, id: string, error: string): Promise<void> {
  await runStatement(trx, MARK_FAILED, [id, error]);
}
