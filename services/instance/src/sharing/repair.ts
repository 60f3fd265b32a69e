import type { EventOf } from "@interco/contracts/cloud-event";
import {
  type Month,
  type projectionDigest,
  projectionHash,
} from "@interco/contracts/events/projection-digest";
import { requestReconciled } from "@interco/contracts/events/request-reconciled";
import { requestSnapshot } from "@interco/contracts/events/request-snapshot";
import { newId } from "@interco/platform/ids";
import { appendOutbox, eventLine, type OutboxLine } from "@interco/platform/outbox";
import type { Transaction } from "../database.ts";
import type { RequestEntityRow } from "../requests/request-row.ts";
import { actForAll } from "../requests/scope-repository.ts";
import { eventRow, withdrawnLine } from "../requests/share-request.ts";
import { appendDigest } from "./digest.ts";
import {
  digestOf,
  monthOfRow,
  noteComparison,
  rowsToTell,
  sameMonths,
  swapRepaired,
} from "./projection-repository.ts";
import { takeAllowance } from "./repair-allowance-repository.ts";

const PAGE = 500;

/**
 * Answers an entity's digest. What differs is first asked about (see `requestReconciled`); when it still does, or for a
 * rebuild, every row of it is said again with a new event id, and the repair is closed. A digest that is right gets its
 * closing line alone, which dates the comparison. An entity that asks too often isn't answered (see `takeAllowance`): it
 * would have the source say everything again and again. Returns whether it was.
 */
export async function answerDigest(
  trx: Transaction,
  hub: string,
  entity: string,
  digest: EventOf<typeof projectionDigest>["data"],
): Promise<boolean> {
  if (!(await takeAllowance(trx, entity, "digests"))) return false;
  await actForAll(trx, [hub, entity]);
  const repair = newId();
  const whole = digest.cause === "rebuild";
  const wrong = whole ? [] : differing(await digestOf(trx, entity, false), digest.months);
  const sayAgain = whole || (digest.cause === "differs" && wrong.length > 0);
  if (sayAgain && !(await takeAllowance(trx, entity, "repairs"))) return false;
  const months = sayAgain
    ? await sayRows(trx, { hub, entity, repair, months: whole ? null : wrong.map(({ month }) => month) })
    : wrong;
  const question = !sayAgain && wrong.length > 0;
  await appendOutbox(trx, [
    eventLine(requestReconciled, {
      from: hub,
      to: entity,
      aggregate: repair,
      data: { repair, comparedAt: digest.takenAt, question, whole, months },
    }),
  ]);
  return true;
}

/** Says the rows of some months (null: all) again. Returns what was said, by month: the entity checks that it has it all. */
async function sayRows(
  trx: Transaction,
  { hub, entity, repair, months }: { hub: string; entity: string; repair: string; months: string[] | null },
): Promise<Month[]> {
  const said = new Map<string, { count: number; hash: bigint }>(
    months?.map((month) => [month, { count: 0, hash: 0n }]),
  );
  for (let after: string | null = null; ; ) {
    const rows = await rowsToTell(trx, entity, months, after, PAGE);
    await appendOutbox(
      trx,
      rows.map((row) => lineAgain(hub, row, repair)),
    );
    for (const row of rows) {
      const month = said.get(monthOfRow(row)) ?? { count: 0, hash: 0n };
      const hash = month.hash ^ BigInt(projectionHash([hashed(row)]));
      said.set(monthOfRow(row), { count: month.count + 1, hash });
    }
    after = rows.at(-1)?.request_id ?? null;
    if (rows.length < PAGE) break;
  }
  return [...said].map(([month, { count, hash }]) => ({ month, count, hash: String(hash) }));
}

function lineAgain(hub: string, row: RequestEntityRow, repair: string): OutboxLine {
  if (row.relation === "gone") return withdrawnLine(row, repair);
  const data = { ...eventRow(row), repair };
  return eventLine(requestSnapshot, { from: hub, to: row.entity, aggregate: row.request_id, data });
}

function hashed(row: RequestEntityRow) {
  const { request_id: requestId, version, relation, status } = row;
  return { requestId, version, relation, status: relation === "gone" ? "" : status };
}

/** Takes, at the entity's, the end of a comparison: answers a question, or puts the rows said again in their place. */
export async function closeComparison(
  trx: Transaction,
  entity: string,
  { repair, comparedAt, question, whole, months }: EventOf<typeof requestReconciled>["data"],
): Promise<void> {
  if (question) {
    const compared = new Set(months.map(({ month }) => month));
    const held = (await digestOf(trx, entity, true)).filter(({ month }) => compared.has(month));
    if (!sameMonths(held, months)) return appendDigest(trx, entity, "differs");
  } else if (whole || months.length > 0) {
    await swapRepaired(trx, { entity, id: repair, comparedAt, months, whole });
  }
  await noteComparison(trx, {
    entity,
    comparedAt,
    differing: question ? 0 : months.length,
    rebuilt: whole,
  });
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
