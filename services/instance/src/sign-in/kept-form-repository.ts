import { sql } from "kysely";
import type { Database } from "../database.ts";

export interface SealedForm {
  id: string;
  tokenHash: Buffer;
  entity: string;
  sealed: Buffer;
  expiresAt: Date;
}

export async function insertKeptForm(db: Database, form: SealedForm): Promise<void> {
  await db.open
    .insertInto("kept_form")
    .values({
      id: form.id,
      token_hash: form.tokenHash,
      entity: form.entity,
      sealed: form.sealed,
      expires_at: form.expiresAt,
    })
    .execute();
}

/** What was kept under this token on an entity's site, while it lasts. */
export async function findKeptForm(
  db: Database,
  form: Pick<SealedForm, "id" | "tokenHash" | "entity">,
): Promise<Buffer | undefined> {
  const row = await db.open
    .selectFrom("kept_form")
    .select("sealed")
    .where("id", "=", form.id)
    .where("token_hash", "=", form.tokenHash)
    .where("entity", "=", form.entity)
    .where("expires_at", ">", sql<Date>`now()`)
    .executeTakeFirst();
  return row?.sealed;
}

/** Forgets it; false where somebody was faster. */
export async function removeKeptForm(db: Database, id: string): Promise<boolean> {
  const result = await db.open.deleteFrom("kept_form").where("id", "=", id).executeTakeFirst();
  return result.numDeletedRows > 0n;
}
