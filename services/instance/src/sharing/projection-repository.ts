import type { Month } from "@interco/contracts/events/projection-digest";
import { sql } from "kysely";
import type { Transaction } from "../database.ts";
import type { RequestEntityRow } from "../requests/request-row.ts";

const COLUMNS =
  "entity, request_id, relation, owner, shared, projected, number, version, procedure_slug, procedure_title, type_code, type_label, title, place_label, communes, status, status_label, status_kind, in_charge, in_charge_name, team, assignee, assignee_name, deadline, received_at, updated_at, closed_at, reason, gone_to, url, search";
const CHANGED = COLUMNS.split(", ").slice(2);
const FROM_EXCLUDED = CHANGED.map((column) => `${column} = excluded.${column}`).join(", ");

/**
 * Writes a row that came by an event, when it is newer than what is there (`orEqual`: or as new, for repairs). A row this
 * instance owns itself is never touched: the event about it has come round to where it was made.
 */
export async function upsertProjectedRow(
  trx: Transaction,
  row: RequestEntityRow,
  orEqual = false,
): Promise<void> {
  await sql`
    insert into request_entity (${sql.raw(COLUMNS)})
    select ${sql.raw(COLUMNS)} from jsonb_populate_record(null::request_entity, ${JSON.stringify(row)}::jsonb)
    on conflict (entity, request_id) do update set ${sql.raw(FROM_EXCLUDED)}
    where request_entity.projected and request_entity.version ${sql.raw(orEqual ? "<=" : "<")} excluded.version`.execute(
    trx,
  );
}

/** Puts a snapshot's row aside until its repair is closed. */
export async function stageRow(trx: Transaction, row: RequestEntityRow, repair: string): Promise<void> {
  await sql`
    insert into projection_rebuild (${sql.raw(COLUMNS)}, repair)
    select ${sql.raw(COLUMNS)}, ${repair}::uuid from jsonb_populate_record(null::request_entity, ${JSON.stringify(row)}::jsonb)
    on conflict (entity, repair, request_id) do nothing`.execute(trx);
}

/**
 * Closes a repair: the rows put aside replace what is older, and rows of the months compared that the source doesn't
 * have are removed, unless they changed after the comparison. One transaction: a list never shows half of it.
 */
export async function swapRepaired(
  trx: Transaction,
  repair: { entity: string; id: string; comparedAt: string; months: readonly string[]; whole: boolean },
): Promise<void> {
  await sql`
    insert into request_entity (${sql.raw(COLUMNS)})
    select ${sql.raw(COLUMNS)} from projection_rebuild where entity = ${repair.entity} and repair = ${repair.id}::uuid
    on conflict (entity, request_id) do update set ${sql.raw(FROM_EXCLUDED)}
    where request_entity.projected and request_entity.version <= excluded.version`.execute(trx);
  await sql`
    delete from request_entity re
    where re.entity = ${repair.entity} and re.projected and re.relation <> 'gone' and re.updated_at <= ${repair.comparedAt}::timestamptz
      and (${repair.whole} or to_char(re.received_at at time zone 'UTC', 'YYYY-MM') = any (${[...repair.months]}::text[]))
      and not exists (select from projection_rebuild p where p.entity = re.entity and p.request_id = re.request_id and p.repair = ${repair.id}::uuid)`.execute(
    trx,
  );
  // Older repairs that were never closed go too.
  await sql`delete from projection_rebuild where entity = ${repair.entity}`.execute(trx);
  await sql`
    insert into projection_state (entity, compared_at, differing_months, rebuilt_at)
    values (${repair.entity}, ${repair.comparedAt}::timestamptz, ${repair.months.length}, ${repair.whole ? sql`now()` : null})
    on conflict (entity) do update set compared_at = excluded.compared_at, differing_months = excluded.differing_months,
      rebuilt_at = coalesce(excluded.rebuilt_at, projection_state.rebuilt_at)`.execute(trx);
}

/** What is known of a request goes, rows put aside included. */
export async function eraseProjectedRow(trx: Transaction, entity: string, requestId: string): Promise<void> {
  await trx
    .deleteFrom("request_entity")
    .where("entity", "=", entity)
    .where("request_id", "=", requestId)
    .where("projected", "=", true)
    .execute();
  await trx
    .deleteFrom("projection_rebuild")
    .where("entity", "=", entity)
    .where("request_id", "=", requestId)
    .execute();
}

/** Counts and rolling hashes by month of receipt: of what came by events (`projected`), or of what is there to tell. */
export async function digestOf(trx: Transaction, entity: string, projected: boolean): Promise<Month[]> {
  const { rows } = await sql<Month>`
    select to_char(received_at at time zone 'UTC', 'YYYY-MM') as month, count(*)::int as count,
      bit_xor(('x' || left(md5(request_id || ':' || version), 16))::bit(64)::bigint)::text as hash
    from request_entity
    where entity = ${entity} and shared and projected = ${projected} and relation <> 'gone'
    group by 1 order by 1`.execute(trx);
  return rows;
}

/** A page of the rows of some months (null: all) that an entity must have, for a repair: up to `limit` after `after`. */
export async function rowsToTell(
  trx: Transaction,
  entity: string,
  months: readonly string[] | null,
  after: string | null,
  limit: number,
): Promise<RequestEntityRow[]> {
  const { rows } = await sql<{ row: RequestEntityRow }>`
    select to_jsonb(re) as row from request_entity re
    where entity = ${entity} and shared and not projected and relation <> 'gone'
      and (${months === null} or to_char(received_at at time zone 'UTC', 'YYYY-MM') = any (${months ?? []}::text[]))
      and (${after}::uuid is null or request_id > ${after}::uuid)
    order by request_id limit ${limit}`.execute(trx);
  return rows.map(({ row }) => ({
    ...row,
    received_at: new Date(row.received_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
    closed_at: row.closed_at && new Date(row.closed_at).toISOString(),
    deadline: row.deadline && new Date(row.deadline).toISOString(),
  }));
}
