import type { EventOf } from "@interco/contracts/cloud-event";
import type { Month, projectionDigest } from "@interco/contracts/events/projection-digest";
import { PROJECTION, requestReconciled } from "@interco/contracts/events/request-reconciled";
import { requestSnapshot } from "@interco/contracts/events/request-snapshot";
import { newId } from "@interco/platform/ids";
import { appendOutbox, eventLine } from "@interco/platform/outbox";
import type { Transaction } from "../database.ts";
import { actForAll } from "../requests/scope-repository.ts";
import { digestOf, rowsToTell } from "./projection-repository.ts";
import { eventRow } from "./share-request.ts";

const PAGE = 500;

/**
 * Answers an entity's digest: for the months that differ (all of them for a rebuild) sends every row again as a snapshot with a
 * new event id, then closes the repair. A digest that is right gets its closing line alone, which dates the comparison.
 */
export async function answerDigest(
  trx: Transaction,
  hub: string,
  entity: string,
  digest: EventOf<typeof projectionDigest>["data"],
): Promise<void> {
  await actForAll(trx, [hub, entity]);
  const source = await digestOf(trx, entity, false);
  const whole = digest.cause === "rebuild";
  await tellRows(trx, { hub, entity, whole, months: whole ? source : differing(source, digest.months) });
}

/** Sends an entity everything it must have: JetStream lost what it held. */
export async function tellEverything(trx: Transaction, hub: string, entity: string): Promise<void> {
  await actForAll(trx, [hub, entity]);
  await tellRows(trx, { hub, entity, whole: true, months: await digestOf(trx, entity, false) });
}

async function tellRows(
  trx: Transaction,
  { hub, entity, whole, months }: { hub: string; entity: string; whole: boolean; months: Month[] },
): Promise<void> {
  const repair = newId();
  const comparedAt = new Date().toISOString();
  const wanted = whole ? null : months.map(({ month }) => month);
  for (let after: string | null = null; whole || months.length > 0; ) {
    const rows = await rowsToTell(trx, entity, wanted, after, PAGE);
    await appendOutbox(
      trx,
      rows.map((row) =>
        eventLine(requestSnapshot, {
          from: hub,
          to: entity,
          aggregate: row.request_id,
          data: { ...eventRow(row), repair },
        }),
      ),
    );
    after = rows.at(-1)?.request_id ?? null;
    if (rows.length < PAGE) break;
  }
  await appendOutbox(trx, [
    eventLine(requestReconciled, {
      from: hub,
      to: entity,
      aggregate: PROJECTION,
      data: { repair, comparedAt, whole, months },
    }),
  ]);
}

/** The months whose count or hash isn't the source's; one that only the entity has is emptied. */
export function differing(source: readonly Month[], held: readonly Month[]): Month[] {
  const byMonth = new Map(held.map((month) => [month.month, month]));
  const wrong = source.filter((month) => {
    const other = byMonth.get(month.month);
    byMonth.delete(month.month);
    return other?.count !== month.count || other.hash !== month.hash;
  });
  const surplus = [...byMonth.values()].map(({ month }) => ({ month, count: 0, hash: "0" }));
  return [...wrong, ...surplus];
}
