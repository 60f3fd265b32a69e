import type { Bilingual } from "@interco/contracts/procedure";
import type { Database, Transaction } from "../database.ts";

/** A procedure of the agglomeration, as every commune's site lists it. */
export interface CatalogueProcedure {
  entity: string;
  slug: string;
  version: number;
  kind: "intercommunal" | "shared";
  title: Bilingual;
  summary: Bilingual;
  icon: string | null;
  keywords: string;
  url: string;
  position: number;
}

/** What the agglomeration offers to every commune, as its events said. */
export async function listCatalogue(db: Database): Promise<CatalogueProcedure[]> {
  const rows = await db.open
    .selectFrom("catalogue_procedure")
    .selectAll()
    .where("withdrawn", "=", false)
    .orderBy("position")
    .orderBy("slug")
    .execute();
  return rows.map(({ withdrawn: _, ...row }) => ({
    ...row,
    kind: row.kind as CatalogueProcedure["kind"],
    title: row.title as Bilingual,
    summary: row.summary as Bilingual,
  }));
}

/** Applies a CATALOGUE event; an older version changes nothing. */
export async function upsertCatalogueProcedure(
  trx: Transaction,
  procedure: CatalogueProcedure & { withdrawn: boolean },
): Promise<void> {
  const values = {
    ...procedure,
    title: JSON.stringify(procedure.title),
    summary: JSON.stringify(procedure.summary),
  };
  await trx
    .insertInto("catalogue_procedure")
    .values(values)
    .onConflict((conflict) =>
      conflict
        .columns(["entity", "slug"])
        .doUpdateSet(values)
        .where((eb) => eb("catalogue_procedure.version", "<=", procedure.version)),
    )
    .execute();
}
