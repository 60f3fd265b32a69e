import type { StartingContent } from "@interco/contracts/instance-seed";
import type { Database, Transaction } from "../database.ts";

/** The words of an entity's portal, undefined before they were seeded. */
export async function findSiteContent(db: Database, entity: string): Promise<StartingContent | undefined> {
  const row = await db.open
    .selectFrom("site_content")
    .select(["tagline", "alert", "news"])
    .where("entity", "=", entity)
    .executeTakeFirst();
  return row && { tagline: row.tagline, alert: row.alert, news: row.news as StartingContent["news"] };
}

/** Starting words: written once, never again over the entity's own. Returns whether they were new. */
export async function startSiteContent(
  trx: Transaction,
  entity: string,
  content: StartingContent,
): Promise<boolean> {
  const result = await trx
    .insertInto("site_content")
    .values({
      entity,
      tagline: content.tagline,
      alert: content.alert ?? null,
      news: JSON.stringify(content.news),
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}
