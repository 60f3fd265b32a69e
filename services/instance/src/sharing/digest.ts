import { projectionDigest } from "@interco/contracts/events/projection-digest";
import { appendOutbox, eventLine } from "@interco/platform/outbox";
import type { Database, Transaction } from "../database.ts";
import { databaseTime, digestOf } from "./projection-repository.ts";

/** Why a digest is told: `differs` answers a question of the agglomeration, `rebuild` asks for everything anew. */
export type DigestCause = "start" | "hourly" | "differs" | "rebuild";

/** Tells the agglomeration what an entity's projection holds, for it to compare. */
export async function tellDigest(db: Database, entity: string, cause: DigestCause): Promise<void> {
  await db.within({ entities: [entity] }, (trx) => appendDigest(trx, entity, cause));
}

/** The same, in a transaction that already acts for the entity. */
export async function appendDigest(trx: Transaction, entity: string, cause: DigestCause): Promise<void> {
  // The time first: what arrives from then on is not in question.
  const takenAt = await databaseTime(trx);
  const months = await digestOf(trx, entity, true);
  const version = Math.floor(Date.now() / 1000);
  const data = { version, takenAt, cause, months };
  await appendOutbox(trx, [eventLine(projectionDigest, { from: entity, aggregate: entity, data })]);
}
