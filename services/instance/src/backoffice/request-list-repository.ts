import { runLast } from "@interco/platform/statement";
import { type RawBuilder, sql } from "kysely";
import type { Transaction } from "../database.ts";
import type { Cursor } from "./cursor.ts";
import { LINES, type ListedRequest, type ListLine, type Reading, type Row, WHOLE } from "./listed-request.ts";
import type { Queue, Sort } from "./queue.ts";

/** What an agent asks to see. The entity is always the one the transaction acts for. */
export interface ListQuery {
  entity: string;
  agentId: string;
  queue: Queue;
  sort: Sort;
  filters: ListFilters;
  limit: number;
  after?: Cursor | undefined;
  before?: Cursor | undefined;
}

export interface ListFilters {
  team?: string | undefined;
  type?: string | undefined;
  status?: string | undefined;
  /** Id of a commune of the place. */
  commune?: string | undefined;
  since?: Date | undefined;
  origin?: "own" | "shared" | undefined;
  /** Words that must all be there, as `searchText` writes them. */
  words?: readonly string[] | undefined;
}

export interface ListPage<R = ListedRequest> {
  rows: R[];
  next: Cursor | null;
  previous: Cursor | null;
  /** The scan stopped at its bound with rows left: `next` goes on further back. */
  stopped: boolean;
}

/**
 * How many rows a filtered page reads at most. Row-level security keeps `LIKE` and the like out of indexes (they aren't
 * leakproof), so words and filters look through the rows of a queue in its own order; a page that isn't full after so many
 * ends there and `next` goes on. That bounds the time of a page whatever the size of the table.
 */
export const SCAN_LIMIT = 10_000;

// Limits are written in the text: of one it doesn't know the planner thinks a tenth of the table, which it would rather sort.
const SCANNED = sql.raw(String(SCAN_LIMIT));
const READ_FOR = [21, 51, 101, 201];

/** How many rows are read for a page of so many: one more at least, in few sizes, since each is a statement of its own. */
function readFor(limit: number): number {
  const size = READ_FOR.find((rows) => rows > limit);
  if (!size) throw new Error(`a page has at most 200 rows, not ${limit}`);
  return size;
}

/**
 * One page of a list, by keyset: never an OFFSET. Each queue and order is read from an index that starts with the entity.
 * Nothing more may be asked in the transaction.
 */
export function listRequests(trx: Transaction, query: ListQuery): Promise<ListPage> {
  return readPage(trx, query, WHOLE);
}

/** The same page as the lines of a list in one language. */
export function listLines(
  trx: Transaction,
  query: ListQuery,
  lang: "fr" | "en",
): Promise<ListPage<ListLine>> {
  return readPage(trx, query, LINES[lang]);
}

async function readPage<R extends { cursor: Cursor }>(
  trx: Transaction,
  query: ListQuery,
  reading: Reading<R>,
): Promise<ListPage<R>> {
  const backwards = Boolean(query.before);
  const rows = await read(trx, query, reading);
  const more = rows.length > query.limit;
  const shown = rows.slice(0, query.limit);
  const bound = !more && isFiltered(query.filters) ? await findScanEnd(trx, query) : null;
  if (backwards) shown.reverse();
  const first = shown[0]?.cursor ?? null;
  const last = shown.at(-1)?.cursor ?? null;
  if (backwards) return { rows: shown, previous: more ? first : bound, next: last, stopped: bound !== null };
  return {
    rows: shown,
    next: more ? last : bound,
    previous: query.after ? (first ?? query.after) : null,
    stopped: bound !== null,
  };
}

/** The statement of a page and of rows beyond, which tell whether there is another. */
export function listStatement(
  query: ListQuery,
  { columns }: { columns: string } = LINES.fr,
): RawBuilder<unknown> {
  const { by, direction } = orderOf(query);
  const order = sql`order by ${by} ${direction}, request_id ${direction}`;
  const keys = sql`${by}::text as cursor_at`;
  const from = sql`from request_entity where ${conditions(query)}`;
  const limit = sql.raw(String(readFor(query.limit)));
  if (!isFiltered(query.filters))
    return sql`select ${sql.raw(columns)}, ${keys} ${from} ${order} limit ${limit}`;
  return sql`select ${sql.raw(columns)}, ${keys} from (select * ${from} ${order} limit ${SCANNED}) scanned
    where ${filterConditions(query.filters)} ${order} limit ${limit}`;
}

async function read<R>(trx: Transaction, query: ListQuery, reading: Reading<R>): Promise<R[]> {
  const statement = listStatement(query, reading) as RawBuilder<Row>;
  // A filtered page may have to ask where it stopped.
  const { rows } = await (isFiltered(query.filters)
    ? statement.execute(trx)
    : runLast(trx, { compile: () => statement.compile(trx) }));
  return rows.map(reading.toRequest);
}

/** The last row a filtered page looked at, when there may be more behind it. */
async function findScanEnd(trx: Transaction, query: ListQuery): Promise<Cursor | null> {
  const { by, direction } = orderOf(query);
  const { rows } = await sql<{ at: string; id: string; scanned: number }>`
    select max(scanned.n) over () as scanned, scanned.at, scanned.id from (
      select row_number() over (order by ${by} ${direction}, request_id ${direction}) as n, ${by}::text as at, request_id as id
      from (select received_at, deadline, request_id from request_entity where ${conditions(query)}
            order by ${by} ${direction}, request_id ${direction} limit ${SCANNED}) bounded
    ) scanned order by scanned.n desc limit 1`.execute(trx);
  const end = rows[0];
  return end && end.scanned >= SCAN_LIMIT ? { at: end.at, id: end.id } : null;
}

function isFiltered(filters: ListFilters): boolean {
  const { since: _since, words, ...equal } = filters;
  return Boolean(words?.length) || Object.values(equal).some((value) => value !== undefined);
}

function orderOf(query: ListQuery) {
  const by = sql.raw(query.sort === "deadline" ? "deadline" : "received_at");
  const rising = (query.sort !== "recent") !== Boolean(query.before);
  return { by, direction: sql.raw(rising ? "asc" : "desc"), beyond: sql.raw(rising ? ">" : "<") };
}

/** What the queue is, in words its partial index knows, and where the page starts. */
function conditions(query: ListQuery): RawBuilder<unknown> {
  const parts = [sql`entity = ${query.entity}`, ...QUEUE_CONDITIONS[query.queue](query)];
  if (query.sort === "deadline")
    parts.push(sql`deadline is not null and status_kind <> 'closed' and relation = 'in_charge'`);
  const { by, beyond } = orderOf(query);
  const from = query.after ?? query.before;
  if (from) parts.push(sql`(${by}, request_id) ${beyond} (${from.at}::timestamptz, ${from.id}::uuid)`);
  if (query.filters.since) parts.push(sql`received_at >= ${query.filters.since}`);
  return sql.join(parts, sql` and `);
}

const QUEUE_CONDITIONS: Record<Queue, (query: ListQuery) => RawBuilder<unknown>[]> = {
  "a-traiter": () => [sql`relation = 'in_charge' and status_kind <> 'closed'`],
  "a-orienter": () => [sql`relation = 'triage' and status_kind <> 'closed'`],
  "en-retard": () => [sql`status_kind = 'open' and status_kind <> 'closed' and deadline < now()`],
  miennes: ({ agentId }) => [
    sql`assignee = ${agentId} and status_kind <> 'closed' and relation = 'in_charge'`,
  ],
  metropole: () => [sql`shared and status_kind <> 'closed' and relation <> 'gone'`],
  toutes: () => [],
};

function filterConditions(filters: ListFilters): RawBuilder<unknown> {
  const parts: RawBuilder<unknown>[] = [];
  if (filters.team) parts.push(sql`team = ${filters.team}`);
  if (filters.type) parts.push(sql`type_code = ${filters.type}`);
  if (filters.status) parts.push(sql`status = ${filters.status}`);
  if (filters.commune) parts.push(sql`${filters.commune} = any (communes)`);
  if (filters.origin) parts.push(sql`shared = ${filters.origin === "shared"}`);
  for (const word of filters.words ?? []) parts.push(sql`strpos(search, ${word}) > 0`);
  return sql.join(parts, sql` and `);
}

/** The requests of these exact numbers that the entity sees. */
export function listByNumbers(
  trx: Transaction,
  entity: string,
  numbers: readonly string[],
  lang: "fr" | "en",
): Promise<ListLine[]> {
  return readNumbered(trx, sql`entity = ${entity} and number = any (${numbers}) limit 10`, LINES[lang]);
}

/** The requests whose number starts so, in the order of numbers; at most `limit`. */
export function listByNumberStart(
  trx: Transaction,
  entity: string,
  start: string,
  { lang, limit }: { lang: "fr" | "en"; limit: number },
): Promise<ListLine[]> {
  return readNumbered(trx, numberStart(entity, start, limit), LINES[lang]);
}

/** Two bounds and not LIKE, which row-level security would keep out of the index. */
function numberStart(entity: string, start: string, limit: number): RawBuilder<unknown> {
  return sql`entity = ${entity} and number >= ${start} and number < ${`${start}~`} order by number limit ${limit}`;
}

/** The statement of a number's beginning, for the test that asks its plan. */
export function numberStartStatement(entity: string, start: string, limit: number): RawBuilder<unknown> {
  return numberedStatement(numberStart(entity, start, limit), LINES.fr);
}

/** One request as the entity's list holds it, whatever its relation. */
export async function findListed(
  trx: Transaction,
  entity: string,
  number: string,
): Promise<ListedRequest | undefined> {
  const [row] = await readNumbered(trx, sql`entity = ${entity} and number = ${number}`, WHOLE);
  return row;
}

function numberedStatement(
  which: RawBuilder<unknown>,
  { columns }: { columns: string },
): RawBuilder<unknown> {
  return sql`select ${sql.raw(columns)}, received_at::text as cursor_at from request_entity where ${which}`;
}

async function readNumbered<R>(
  trx: Transaction,
  which: RawBuilder<unknown>,
  reading: Reading<R>,
): Promise<R[]> {
  const { rows } = await (numberedStatement(which, reading) as RawBuilder<Row>).execute(trx);
  return rows.map(reading.toRequest);
}
