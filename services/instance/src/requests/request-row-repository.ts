import { sql } from "kysely";
import type { Transaction } from "../database.ts";
import { type RequestEntityRow, ROW_COLUMNS, tombstone } from "./request-row.ts";

const ALL = sql.raw(ROW_COLUMNS.join(", "));
const REPLACED = sql.raw(
  ROW_COLUMNS.slice(2)
    .map((column) => `${column} = excluded.${column}`)
    .join(", "),
);

/** Makes the rows of the entities concerned what they are now; `gone` become tombstones: number, dates, to whom it went. */
export async function writeRows(
  trx: Transaction,
  rows: readonly RequestEntityRow[],
  gone: readonly RequestEntityRow[],
): Promise<void> {
  const all = JSON.stringify([...rows, ...gone.map(tombstone)]);
  await sql`
    insert into request_entity (${ALL})
    select ${ALL} from jsonb_populate_recordset(null::request_entity, ${all}::jsonb)
    on conflict (entity, request_id) do update set ${REPLACED}`.execute(trx);
}

/** The rows of all entities concerned that this transaction may see. */
export async function listRows(trx: Transaction, requestId: string): Promise<RequestEntityRow[]> {
  const rows = await trx
    .selectFrom("request_entity")
    .selectAll()
    .where("request_id", "=", requestId)
    .execute();
  return rows.map((row) => ({
    ...row,
    deadline: row.deadline?.toISOString() ?? null,
    received_at: row.received_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    closed_at: row.closed_at?.toISOString() ?? null,
  })) as RequestEntityRow[];
}

/** What an entity follows of the requests this instance owns: not those it had and hasn't any more. */
export async function findFollowed(
  trx: Transaction,
  entity: string,
  number: string,
): Promise<{ request_id: string; owner: string } | undefined> {
  return trx
    .selectFrom("request_entity")
    .select(["request_id", "owner"])
    .where("entity", "=", entity)
    .where("number", "=", number)
    .where("relation", "<>", "gone")
    .where("projected", "=", false)
    .executeTakeFirst();
}
