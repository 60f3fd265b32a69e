import { type QueryExecutorProvider, sql } from "kysely";
import type { Delivery } from "./inbox-delivery.ts";
import { speakerOf } from "./inbox-speaker.ts";
import { storable } from "./storable-text.ts";

/** What is kept of one speaker's refused events: a repair brings the state they told, they needn't all be there. */
const KEPT = { events: 10_000, bytes: 64 * 1024 * 1024 };
const ERROR_LENGTH = 2_000;

/** An event that waits for its cause to be repaired. */
export interface DeadEvent {
  id: number;
  aggregate: string;
  subject: string;
  /** The message as it came. */
  payload: string;
}

/** Keeps a refused event as it came. */
export async function insertDead(
  trx: QueryExecutorProvider,
  { entity, subject, event, text }: Delivery,
  { error, attempts }: { error: string; attempts: number },
): Promise<void> {
  await sql`
    insert into inbox_dead (event_id, entity, speaker, aggregate, subject, payload, error, attempts)
    values (${event.id}, ${entity}, ${speakerOf(subject)}, ${event.subject}, ${subject},
      ${storable(text, Number.POSITIVE_INFINITY)}, ${storable(error, ERROR_LENGTH)}, ${attempts})
    on conflict (entity, event_id) do nothing
  `.execute(trx);
}

/**
 * Drops the oldest of a speaker's refused events, as many as are too many: an account that says nothing but poison must not fill
 * the disk of who reads it. Returns how many had not been replayed.
 */
export async function dropSurplus(
  trx: QueryExecutorProvider,
  entity: string,
  subject: string,
  kept: { events: number; bytes: number } = KEPT,
): Promise<number> {
  const speaker = speakerOf(subject);
  const { rows } = await sql<{ waited: boolean }>`
    delete from inbox_dead where entity = ${entity} and speaker = ${speaker} and id <= (
      select max(id) from (
        select id, row_number() over newest as events, sum(octet_length(payload)) over newest as bytes
        from inbox_dead where entity = ${entity} and speaker = ${speaker}
        window newest as (order by id desc rows unbounded preceding)
      ) as counted
      where events > ${kept.events} or bytes > ${kept.bytes}
    )
    returning replayed_at is null as waited
  `.execute(trx);
  return rows.filter(({ waited }) => waited).length;
}

/** The oldest parked event of an entity, locked with its aggregate; `but` are aggregates to leave. */
export async function nextParked(
  trx: QueryExecutorProvider,
  entity: string,
  but: readonly string[],
): Promise<DeadEvent | undefined> {
  const { rows } = await sql<DeadEvent>`
    select id, aggregate, subject, payload from inbox_dead
    where entity = ${entity} and replayed_at is null and aggregate <> all (${but}::text[])
    order by id limit 1 for update
  `.execute(trx);
  const [dead] = rows;
  if (dead) await lockAggregate(trx, entity, dead.aggregate);
  return dead;
}

/** How many of an entity's events are parked. */
export async function countParked(trx: QueryExecutorProvider, entity: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from inbox_dead where entity = ${entity} and replayed_at is null
  `.execute(trx);
  return rows[0]?.count ?? 0;
}

/** Marks a parked event as applied at last. */
export async function markReplayed(trx: QueryExecutorProvider, id: number): Promise<void> {
  await sql`update inbox_dead set replayed_at = now() where id = ${id}`.execute(trx);
}

/** Removes a parked event that must never be applied. */
export async function dropParked(trx: QueryExecutorProvider, id: number): Promise<void> {
  await sql`delete from inbox_dead where id = ${id}`.execute(trx);
}

/** Whether an earlier event of this aggregate waits, for a query's `select` list. */
export function parkedExists({ entity, event }: Pick<Delivery, "entity" | "event">) {
  return sql`exists (
    select from inbox_dead
    where entity = ${entity} and aggregate = ${event.subject} and replayed_at is null
  )`;
}

/** An erasure leaves nothing of its aggregate, parked events included. */
export async function forgetParked(trx: QueryExecutorProvider, { entity, event }: Delivery): Promise<void> {
  await sql`
    update inbox_dead set payload = '{}', error = '', replayed_at = coalesce(replayed_at, now())
    where entity = ${entity} and aggregate = ${event.subject}
  `.execute(trx);
}

/** Keeps a replay and an arrival of one aggregate apart, until the transaction ends. */
export async function lockAggregate(
  trx: QueryExecutorProvider,
  entity: string,
  aggregate: string,
): Promise<void> {
  const key = `inbox ${entity} ${aggregate}`;
  await sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`.execute(trx);
}
