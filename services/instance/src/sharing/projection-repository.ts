import type { Month } from "@interco/contracts/events/projection-digest";
import { runStatement, type Statement } from "@interco/platform/statement";
import { type RawBuilder, sql } from "kysely";
import type { Transaction } from "../database.ts";
import { type RequestEntityRow, ROW_COLUMNS } from "../requests/request-row.ts";

const CHANGED = ROW_COLUMNS.slice(2);
const ALL = sql.raw(ROW_COLUMNS.join(", "));
const FROM_EXCLUDED = CHANGED.map((column) => `${column} = excluded.${column}`).join(", ");
const DIFFERS = sql.raw(
  `(${CHANGED.map((column) => `request_entity.${column}`)}) is distinct from (${CHANGED.map((column) => `excluded.${column}`)})`,
);

const UPSERT_ROWS: Statement = {
  name: "upsert-projected-rows",
  // A repair read before an erasure may say its row after it: what is erased stays so.
  text: `insert into request_entity (${ROW_COLUMNS.join(", ")})
    select ${ROW_COLUMNS.join(", ")} from jsonb_populate_recordset(null::request_entity, $1::jsonb) as said
    where not exists (select from inbox where inbox.entity = said.entity and subject like '%.erased'
      and subject = 'shared.' || said.entity || '.' || said.request_id || '.erased')
    on conflict (entity, request_id) do update set ${FROM_EXCLUDED}
    where request_entity.projected and request_entity.version < excluded.version`,
};

/**
 * Writes rows that came by events, where they are newer than what is there; of several versions of one the newest. A row this
 * instance owns itself is never touched: the event about it has come round to where it was made.
 */
export async function upsertProjectedRows(
  trx: Transaction,
  rows: readonly RequestEntityRow[],
): Promise<void> {
  const newest = new Map<string, RequestEntityRow>();
  for (const row of rows) {
    const key = `${row.entity} ${row.request_id}`;
    if (row.version > (newest.get(key)?.version ?? 0)) newest.set(key, row);
  }
  await runStatement(trx, UPSERT_ROWS, [JSON.stringify([...newest.values()])]);
}

/** Puts a row said again by a repair aside until the repair is closed. */
export async function stageRow(trx: Transaction, row: RequestEntityRow, repair: string): Promise<void> {
  await sql`
    insert into projection_rebuild (${ALL}, repair)
    select ${ALL}, ${repair}::uuid from ${rowOf(row)} where not ${erasedBefore(row)}
    on conflict (entity, repair, request_id) do nothing`.execute(trx);
}

function rowOf(row: RequestEntityRow): RawBuilder<unknown> {
  return sql`jsonb_populate_record(null::request_entity, ${JSON.stringify(row)}::jsonb)`;
}

/** A repair read before an erasure may say its row after it: what is erased stays so. */
function erasedBefore({ entity, request_id }: RequestEntityRow): RawBuilder<boolean> {
  return sql`exists (select from inbox where inbox.entity = ${entity}
    and subject = ${`shared.${entity}.${request_id}.erased`} and subject like '%.erased')`;
}

/**
 * Closes a repair: the rows put aside replace what is older or was altered and, when all of them have come, rows of the months
 * compared that none of them brought are removed, save those an event has touched since the digest was taken. One
 * transaction: a list never shows half of it. Returns whether all had come.
 */
export async function swapRepaired(
  trx: Transaction,
  repair: { entity: string; id: string; comparedAt: string; months: readonly Month[]; whole: boolean },
): Promise<boolean> {
  const { entity, id, comparedAt, months, whole } = repair;
  await takeYourTime(trx);
  const complete = sameMonths(
    await monthsOf(trx, sql`projection_rebuild where entity = ${entity} and repair = ${id}::uuid`),
    months,
  );
  await sql`
    insert into request_entity (${ALL})
    select ${ALL} from projection_rebuild where entity = ${entity} and repair = ${id}::uuid
    on conflict (entity, request_id) do update set ${sql.raw(FROM_EXCLUDED)}
    where request_entity.projected and request_entity.version <= excluded.version and ${DIFFERS}`.execute(
    trx,
  );
  if (complete) {
    await sql`
      delete from request_entity re
      where re.entity = ${entity} and re.projected
        and (${whole} or ${monthOf("re.")} = any (${months.map(({ month }) => month)}::text[]))
        and not exists (select from projection_rebuild p where p.entity = re.entity and p.request_id = re.request_id and p.repair = ${id}::uuid)
        and not exists (select from inbox i where i.entity = re.entity and i.received_at > ${comparedAt}::timestamptz
          and i.subject like 'shared.%' and split_part(i.subject, '.', 3) = re.request_id::text)`.execute(
      trx,
    );
  }
  // Another repair may be under way; one that began a day ago and was never closed is over.
  await sql`
    delete from projection_rebuild
    where entity = ${entity} and (repair = ${id}::uuid or repair < ${firstIdOf(Date.now() - DAY_MS)}::uuid)`.execute(
    trx,
  );
  return complete;
}

/** Remembers when an entity's projection was last compared, how many months differed, and whether it was rebuilt. */
export async function noteComparison(
  trx: Transaction,
  {
    entity,
    comparedAt,
    differing,
    rebuilt,
  }: { entity: string; comparedAt: string; differing: number; rebuilt: boolean },
): Promise<void> {
  await sql`
    insert into projection_state (entity, compared_at, differing_months, rebuilt_at)
    values (${entity}, ${comparedAt}::timestamptz, ${differing}, ${rebuilt ? sql`now()` : null})
    on conflict (entity) do update set compared_at = excluded.compared_at, differing_months = excluded.differing_months,
      rebuilt_at = coalesce(excluded.rebuilt_at, projection_state.rebuilt_at)`.execute(trx);
}

/** What is known of a request goes, rows put aside included. */
export async function eraseProjectedRow(trx: Transaction, entity: string, requestId: string): Promise<void> {
  await sql`delete from request_entity where entity = ${entity} and request_id = ${requestId}::uuid and projected`.execute(
    trx,
  );
  await sql`delete from projection_rebuild where entity = ${entity} and request_id = ${requestId}::uuid`.execute(
    trx,
  );
}

/**
 * Counts and hashes by month of receipt (UTC): of the rows an entity got by events (`projected`), or of those the source has
 * for it.
 */
export async function digestOf(trx: Transaction, entity: string, projected: boolean): Promise<Month[]> {
  await takeYourTime(trx);
  return monthsOf(trx, sql`request_entity where entity = ${entity} and shared and projected = ${projected}`);
}

/** The database's own clock: what the inbox dates its events by. */
export async function databaseTime(trx: Transaction): Promise<string> {
  const { rows } = await sql<{ now: Date }>`select now() as now`.execute(trx);
  return (rows[0]?.now ?? new Date()).toISOString();
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
    where entity = ${entity} and shared and not projected
      and (${months === null} or ${monthOf("re.")} = any (${months ?? []}::text[]))
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

/** The month a row is counted in: of its receipt, UTC, as `monthOf` of a query says it. */
export function monthOfRow(row: RequestEntityRow): string {
  return row.received_at.slice(0, 7);
}

/** Whether two lists of months say the same; one that holds nothing is the same as one that isn't there. */
export function sameMonths(some: readonly Month[], others: readonly Month[]): boolean {
  const text = (months: readonly Month[]) =>
    months
      .filter(({ count }) => count > 0)
      .map(({ month, count, hash }) => `${month} ${count} ${hash}`)
      .sort()
      .join();
  return text(some) === text(others);
}

const DAY_MS = 86_400_000;

const monthOf = (prefix = "") => sql.raw(`to_char(${prefix}received_at at time zone 'UTC', 'YYYY-MM')`);

async function monthsOf(trx: Transaction, from: RawBuilder<unknown>): Promise<Month[]> {
  const { rows } = await sql<Month>`
    select ${monthOf()} as month, count(*)::int as count,
      bit_xor(('x' || left(md5(concat_ws(':', request_id, version, relation,
        case when relation = 'gone' then '' else status end)), 16))::bit(64)::bigint)::text as hash
    from ${from} group by 1 order by 1`.execute(trx);
  return rows;
}

/** A million rows take longer than what a page may: until the end of this transaction. */
async function takeYourTime(trx: Transaction): Promise<void> {
  await sql`select set_config('statement_timeout', '10min', true)`.execute(trx);
}

/** The lowest UUIDv7 of a time: repairs are named by UUIDv7, which sort by it. */
function firstIdOf(time: number): string {
  const hex = time.toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
