import { projectionDigest } from "@interco/contracts/events/projection-digest";
import { appendOutbox, eventLine } from "@interco/platform/outbox";
import type { Database } from "../database.ts";
import { digestOf } from "./projection-repository.ts";

/** Tells the agglomeration what an entity's projection holds, for it to compare; `rebuild` asks for everything anew. */
export async function tellDigest(
  db: Database,
  entity: string,
  cause: "start" | "hourly" | "rebuild",
): Promise<void> {
  await db.within({ entities: [entity] }, async (trx) => {
    const months = await digestOf(trx, entity, true);
    await appendOutbox(trx, [
      eventLine(projectionDigest, {
        from: entity,
        aggregate: entity,
        data: { version: Math.floor(Date.now() / 1000), takenAt: new Date().toISOString(), cause, months },
      }),
    ]);
  });
}
