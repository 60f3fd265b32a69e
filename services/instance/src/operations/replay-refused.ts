import type { EventStream } from "@interco/contracts/cloud-event";
import { readCatalogue, readEntity, readShared } from "@interco/contracts/events/event-list";
import { replayParked } from "@interco/platform/inbox-replay";
import { createLog, type Logger } from "@interco/platform/log";
import { connectDatabase } from "@interco/platform/postgres";
import type { Config } from "../config.ts";
import type { Transaction } from "../database.ts";
import type { DB } from "../schema.ts";
import { applyCatalogue } from "../sharing/apply-catalogue.ts";
import { applyEntity } from "../sharing/apply-entity.ts";
import { applyShared } from "../sharing/apply-shared.ts";

/**
 * Applies again the events a hosted entity refused (`server.ts replay <entity id>`), once what was wrong is repaired. Those that
 * fail again stay. Throws when this instance doesn't host the entity.
 */
export async function replayRefused(
  config: Config,
  entity: string,
): Promise<{ replayed: number; left: number }> {
  if (!config.hostedIds.includes(entity)) throw new Error(`this instance doesn't host ${entity}`);
  // What fails again is kept with its reason in the table: on the command's output it would hide the answer.
  const log = createLog(config.name, "error");
  const db = connectDatabase<DB>(config.database.service, { max: 1, name: `interco-replay-${config.name}` });
  try {
    return await replayParked({ entity, db, log, apply: applying(config, entity, log) });
  } finally {
    await db.close();
  }
}

function applying(config: Config, entity: string, log: Logger) {
  return async (trx: Transaction, stream: EventStream, json: unknown) => {
    if (stream === "SHARED") return applyShared(trx, entity, readShared(json));
    if (stream === "CATALOGUE") return applyCatalogue(trx, readCatalogue(json));
    // Only the agglomeration reads what entities say.
    if (entity !== config.agglomeration.entity) throw new Error("it wasn't for this entity");
    return applyEntity(trx, { hub: entity, log }, readEntity(json));
  };
}
