import { sql } from "kysely";
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

/**
 * Keeps a letter before it leaves; its id comes from the job, so that a job which runs twice finds it.
 * Returns whether it has been sent already.
 */
export async function keepLetter(trx: Transaction, letter: Letter): Promise<{ sent: boolean }> {
  await trx
    .insertInto("letter")
    .values({
      id: letter.id,
      entity: letter.entity,
      sender_entity: letter.senderEntity,
      request_id: letter.requestId,
      kind: letter.kind,
      recipient: letter.recipient,
      subject: letter.subject,
      text_body: letter.text,
      html_body: letter.html,
    })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .execute();
  const row = await trx
    .selectFrom("letter")
    .select("sent_at")
    .where("id", "=", letter.id)
    .executeTakeFirstOrThrow();
  return { sent: row.sent_at !== null };
}

/** The proof: when the mail server took it, under which Message-ID. */
export async function markSent(trx: Transaction, id: string, messageId: string): Promise<void> {
  // The one commit of a job that must not be undone: the mail has left.
  await sql`set local synchronous_commit = on`.execute(trx);
  await trx
    .updateTable("letter")
    .set({ sent_at: sql`now()`, message_id: messageId, last_error: null, attempts: sql`attempts + 1` })
    .where("id", "=", id)
    .execute();
}

export async function markFailed(trx: Transaction, id: string, error: string): Promise<void> {
  await trx
    .updateTable("letter")
    .set({ last_error: error, attempts: sql`attempts + 1` })
    .where("id", "=", id)
    .execute();
}
