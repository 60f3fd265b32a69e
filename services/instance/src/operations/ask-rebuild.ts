import { connectDatabase } from "@interco/platform/postgres";
import type { Config } from "../config.ts";
import type { DB } from "../schema.ts";
import { tellDigest } from "../sharing/digest.ts";

/**
 * Writes the demand of a whole projection into the outbox of one hosted entity (`server.ts rebuild <entity id>`); the running
 * process's relay sends it within a second. Throws when this instance doesn't host the entity.
 */
export async function askRebuild(config: Config, entity: string): Promise<void> {
  if (!config.hostedIds.includes(entity)) throw new Error(`this instance doesn't host ${entity}`);
  const db = connectDatabase<DB>(config.database.service, { max: 1, name: `interco-rebuild-${config.name}` });
  try {
    await tellDigest(db, entity, "rebuild");
  } finally {
    await db.close();
  }
}
