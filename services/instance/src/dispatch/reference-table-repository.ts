import type { DispatchTable, StreetTable, TriageRoster } from "@interco/contracts/dispatch";
import type { Database, Transaction } from "../database.ts";

export interface ReferenceTables {
  tables: DispatchTable[];
  streets: StreetTable[];
  rosters: TriageRoster[];
}

/** The reference tables in use of an entity: of each, its highest version. */
export async function readReferenceTables(db: Database, entity: string): Promise<ReferenceTables> {
  const rows = await latest(db, entity).execute();
  const of = (kind: string) => rows.filter((row) => row.kind === kind).map((row) => row.definition);
  return {
    tables: of("table") as DispatchTable[],
    streets: of("streets") as StreetTable[],
    rosters: of("roster") as TriageRoster[],
  };
}

/** The rosters in use of an entity: who looks at what no table decides. */
export async function readRosters(db: Database, entity: string): Promise<TriageRoster[]> {
  const rows = await latest(db, entity).where("kind", "=", "roster").execute();
  return rows.map((row) => row.definition as unknown as TriageRoster);
}

function latest(db: Database, entity: string) {
  return db.open
    .selectFrom("reference_table")
    .distinctOn(["kind", "code"])
    .select(["kind", "code", "definition"])
    .where("entity", "=", entity)
    .orderBy("kind")
    .orderBy("code")
    .orderBy("version", "desc");
}

/** Adds a version of a reference table; one that exists is never changed. Returns whether it was new. */
export async function addReferenceTable(
  trx: Transaction,
  entity: string,
  kind: "table" | "streets" | "roster",
  definition: { code: string; version: number },
): Promise<boolean> {
  const result = await trx
    .insertInto("reference_table")
    .values({
      entity,
      kind,
      code: definition.code,
      version: definition.version,
      definition: JSON.stringify(definition),
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}
