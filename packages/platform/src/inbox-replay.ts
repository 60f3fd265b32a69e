import type { Transaction } from "kysely";
import { countParked, markReplayed, nextParked } from "./inbox-transaction.ts";
import type { Logger } from "./log.ts";
import type { Database } from "./postgres.ts";

/**
 * Applies an entity's parked events again, in order; an aggregate whose event fails again stays parked, whole. To be
 * called once the cause is repaired. A running consumer isn't disturbed: what arrives meanwhile waits behind.
 */
export async function replayParked<S, E>(options: {
  entity: string;
  db: Database<S>;
  log: Logger;
  read: (json: unknown) => E;
  apply: (trx: Transaction<S>, event: E) => Promise<void>;
}): Promise<{ replayed: number; left: number }> {
  const failing: string[] = [];
  for (let replayed = 0; ; ) {
    const outcome = await replayNext(options, failing);
    if (outcome === "replayed") replayed += 1;
    if (outcome !== "none") continue;
    const { db, entity } = options;
    const left = await db.within({ entities: [entity] }, (trx) => countParked(trx, entity));
    return { replayed, left };
  }
}

async function replayNext<S, E>(
  { entity, db, log, read, apply }: Parameters<typeof replayParked<S, E>>[0],
  failing: string[],
): Promise<"replayed" | "failed" | "none"> {
  let aggregate: string | undefined;
  try {
    return await db.within({ entities: [entity] }, async (trx) => {
      const dead = await nextParked(trx, entity, failing);
      if (!dead) return "none";
      aggregate = dead.aggregate;
      await apply(trx, read(dead.payload));
      await markReplayed(trx, dead.id);
      return "replayed";
    });
  } catch (error) {
    if (aggregate === undefined) throw error;
    log.warn({ err: error, aggregate }, "a parked event failed again");
    failing.push(aggregate);
    return "failed";
  }
}
