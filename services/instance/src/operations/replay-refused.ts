import { ALL_EVENTS, readCatalogue, readEntity, readShared } from "@interco/contracts/events/event-list";
import { replayParked } from "@interco/platform/inbox-replay";
import { createLog } from "@interco/platform/log";
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
    return await replayParked({ entity, db, log, ...reading(config, entity) });
  } finally {
    await db.close();
  }
}

/** An entity's refused events came by any of the streams it reads: their type says how each is read and applied. */
function reading(config: Config, entity: string) {
  return {
    read: (json: unknown) => ({ json, stream: streamOf(json) }),
    apply: async (trx: Transaction, { json, stream }: { json: unknown; stream: string }) => {
      if (stream === "SHARED") return applyShared(trx, entity, readShared(json));
      if (stream === "CATALOGUE") return applyCatalogue(trx, readCatalogue(json));
      return applyEntity(trx, config.agglomeration.entity, readEntity(json));
    },
  };
}

function streamOf(json: unknown): string {
  const { type = "" } = (typeof json === "object" && json ? json : {}) as { type?: string };
  const base = type.slice(0, type.lastIndexOf(".v"));
  return ALL_EVENTS.find((event) => event.type.startsWith(`${base}.v`))?.stream ?? "ENTITY";
}
