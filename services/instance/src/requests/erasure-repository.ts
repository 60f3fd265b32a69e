import { sql } from "kysely";
import type { Transaction } from "../database.ts";

/** Keeps everyone from changing a request this entity owns; undefined when it doesn't. */
export async function lockForErasure(trx: Transaction, id: string): Promise<{ version: number } | undefined> {
  return trx.selectFrom("request").select("version").where("id", "=", id).forUpdate().executeTakeFirst();
}

/** Deletes all that is kept of a request; its letters go with it, by their foreign key. Returns the entities that had a row of it, tombstones included. */
export async function deleteRequest(trx: Transaction, id: string): Promise<string[]> {
  const { rows } = await sql<{ entity: string }>`
    delete from request_entity where request_id = ${id}::uuid returning entity`.execute(trx);
  await sql`delete from file_content where file_id in (select f.id from file f where f.request_id = ${id}::uuid)`.execute(
    trx,
  );
  await trx.deleteFrom("file").where("request_id", "=", id).execute();
  await trx.deleteFrom("draft").where("request_id", "=", id).execute();
  await trx.deleteFrom("request_event").where("request_id", "=", id).execute();
  await trx.deleteFrom("request").where("id", "=", id).execute();
  return rows.map(({ entity }) => entity);
}
