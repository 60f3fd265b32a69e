import { scopeSettings } from "@interco/platform/postgres";
import { sql } from "kysely";
import type { Transaction } from "../database.ts";

/**
 * Widens a transaction to every entity a change touches: a hand-over writes the row of who gets the request and the tombstone
 * of who had it. Call it only after the request was read under the agent's own entity: that read is the permission.
 */
export async function actForAll(trx: Transaction, entities: readonly string[]): Promise<void> {
  await sql.raw(scopeSettings({ entities: [...new Set(entities)] })).execute(trx);
}
