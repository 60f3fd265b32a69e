import { type QueryExecutorProvider, sql } from "kysely";
import { forgetParked, insertDead, lockAggregate, parkedExists } from "./inbox-dead.ts";
import type { Delivery } from "./inbox-delivery.ts";
import { runStatement, type Statement } from "./statement.ts";

/** How an event met the inbox. */
export type InboxOutcome = "applied" | "done before" | "parked" | "lost";

/**
 * Takes one event in the transaction given: remembers its id (known already: nothing to do), parks it
 * when an earlier event of its aggregate is parked, else calls `apply`. Effect and memory commit together.
 */
export async function takeEvent(
  trx: QueryExecutorProvider,
  delivery: Delivery,
  apply: () => Promise<void>,
): Promise<InboxOutcome> {
  const { entity, subject, event } = delivery;
  const { rows } = await sql<{ fresh: boolean; parked: boolean }>`
    with taken as (
      insert into inbox (event_id, entity, subject) values (${event.id}, ${entity}, ${subject})
      on conflict do nothing
      returning 1
    )
    select exists (select from taken) as fresh, ${parkedExists(delivery)} as parked
  `.execute(trx);
  const [{ fresh, parked } = { fresh: false, parked: false }] = rows;
  if (!fresh) return "done before";
  if (isErasure(event)) {
    await forgetParked(trx, delivery);
  } else if (parked && (await stillParked(trx, delivery))) {
    await insertDead(trx, delivery, {
      error: "waits for an earlier event of the same aggregate",
      attempts: 0,
    });
    return "parked";
  }
  await apply();
  return "applied";
}

const TAKE_MANY: Statement = {
  name: "take-events",
  text: `with taken as (
      insert into inbox (event_id, entity, subject) select id, $2, subject from unnest($1::uuid[], $3::text[]) as event (id, subject)
      on conflict do nothing
      returning event_id
    )
    select array(select event_id from taken) as fresh, exists (
      select from inbox_dead where entity = $2 and aggregate = any ($4::text[]) and replayed_at is null
    ) as parked`,
};

/**
 * Takes many events of one entity in the transaction given. Returns the ids of those not known yet, which are the caller's to
 * apply; undefined when one of them must wait behind a parked event: nothing may be applied then, and each is taken alone.
 */
export async function takeEvents(
  trx: QueryExecutorProvider,
  entity: string,
  deliveries: readonly Delivery[],
): Promise<ReadonlySet<string> | undefined> {
  const { rows } = await runStatement<{ fresh: string[]; parked: boolean }>(trx, TAKE_MANY, [
    deliveries.map(({ event }) => event.id),
    entity,
    deliveries.map(({ subject }) => subject),
    deliveries.map(({ event }) => event.subject),
  ]);
  const [{ fresh, parked } = { fresh: [], parked: true }] = rows;
  return parked ? undefined : new Set(fresh);
}

/** Parks an event that failed for good. Its id goes to the inbox too: a redelivery changes nothing. */
export async function parkEvent(
  trx: QueryExecutorProvider,
  delivery: Delivery,
  failure: { error: string; attempts: number },
): Promise<void> {
  await sql`
    insert into inbox (event_id, entity, subject)
    values (${delivery.event.id}, ${delivery.entity}, ${delivery.subject}) on conflict do nothing
  `.execute(trx);
  await lockAggregate(trx, delivery.entity, delivery.event.subject);
  await insertDead(trx, delivery, failure);
}

/** Remembers an event without a trace of what it said: where even parking it fails. */
export async function rememberOnly(
  trx: QueryExecutorProvider,
  { entity, event }: Pick<Delivery, "entity" | "event">,
): Promise<void> {
  await sql`insert into inbox (event_id, entity, subject) values (${event.id}, ${entity}, '') on conflict do nothing`.execute(
    trx,
  );
}

async function stillParked(trx: QueryExecutorProvider, delivery: Delivery): Promise<boolean> {
  await lockAggregate(trx, delivery.entity, delivery.event.subject);
  const { rows } = await sql<{ parked: boolean }>`select ${parkedExists(delivery)} as parked`.execute(trx);
  return rows[0]?.parked ?? false;
}

function isErasure(event: Delivery["event"]): boolean {
  return event.type.startsWith("fr.interco.request.erased.");
}
