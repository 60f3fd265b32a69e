import type { Database as AnyDatabase } from "@interco/platform/postgres";
import type { Transaction as AnyTransaction } from "kysely";
import type { DB } from "./schema.ts";

/** The instance's database, typed by its generated schema. */
export type Database = AnyDatabase<DB>;
export type Transaction = AnyTransaction<DB>;
