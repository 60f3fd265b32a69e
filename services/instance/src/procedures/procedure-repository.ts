import type { ProcedureDefinition } from "@interco/contracts/procedure";
import type { Database, Transaction } from "../database.ts";

export interface Procedure {
  entity: string;
  slug: string;
  version: number;
  definition: ProcedureDefinition;
}

/** The procedures an entity offers itself, in the order of its portal. */
export async function listProcedures(db: Database, entity: string): Promise<Procedure[]> {
  const rows = await db.open
    .selectFrom("procedure")
    .select(["entity", "slug", "version", "definition"])
    .where("entity", "=", entity)
    .where("listed", "=", true)
    .orderBy("position")
    .orderBy("slug")
    .execute();
  return rows.map((row) => ({ ...row, definition: row.definition as ProcedureDefinition }));
}

/** The version in use of one procedure. */
export async function findProcedure(
  db: Database,
  entity: string,
  slug: string,
): Promise<Procedure | undefined> {
  const row = await db.open
    .selectFrom("procedure")
    .select(["entity", "slug", "version", "definition"])
    .where("entity", "=", entity)
    .where("slug", "=", slug)
    .executeTakeFirst();
  return row && { ...row, definition: row.definition as ProcedureDefinition };
}

/** What an agglomeration offers to every commune, in the order of its portal. */
export async function listSharedDefinitions(
  trx: Transaction,
  entity: string,
): Promise<ProcedureDefinition[]> {
  const rows = await trx
    .selectFrom("procedure")
    .select("definition")
    .where("entity", "=", entity)
    .where("listed", "=", true)
    .where("kind", "<>", "local")
    .orderBy("position")
    .orderBy("slug")
    .execute();
  return rows.map((row) => row.definition as ProcedureDefinition);
}

/** The definition a request was filed with, whatever has been published since. */
export async function getProcedureVersion(
  db: Database,
  entity: string,
  slug: string,
  version: number,
): Promise<ProcedureDefinition> {
  const row = await db.open
    .selectFrom("procedure_version")
    .select("definition")
    .where("entity", "=", entity)
    .where("slug", "=", slug)
    .where("version", "=", version)
    .executeTakeFirstOrThrow();
  return row.definition as ProcedureDefinition;
}

/** Publishes a procedure that doesn't exist yet; one that exists is the entity's own. Returns whether it was new. */
export async function publishNewProcedure(
  trx: Transaction,
  entity: string,
  definition: ProcedureDefinition,
  position: number,
): Promise<boolean> {
  const json = JSON.stringify(definition);
  const inserted = await trx
    .insertInto("procedure")
    .values({ entity, slug: definition.slug, version: 1, kind: definition.kind, definition: json, position })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if ((inserted.numInsertedOrUpdatedRows ?? 0n) === 0n) return false;
  await trx
    .insertInto("procedure_version")
    .values({ entity, slug: definition.slug, version: 1, definition: json })
    .execute();
  return true;
}
