import { readFileSync } from "node:fs";
import { makeEvent } from "@interco/contracts/cloud-event";
import { type Month, projectionHash } from "@interco/contracts/events/projection-digest";
import { requestDispatched } from "@interco/contracts/events/request-dispatched";
import { requestErased } from "@interco/contracts/events/request-erased";
import { requestReconciled } from "@interco/contracts/events/request-reconciled";
import type { RequestRow } from "@interco/contracts/events/request-row";
import { requestSnapshot } from "@interco/contracts/events/request-snapshot";
import { newId } from "@interco/platform/ids";
import { takeEvent } from "@interco/platform/inbox-transaction";
import { expect, it } from "vitest";
import { createTestInstance, IDS, type TestInstance } from "../../test/test-instance.ts";
import { applyShared } from "./apply-shared.ts";

const WOIPPY = IDS.woippy;
const example: { data: RequestRow } = JSON.parse(
  readFileSync(
    new URL("../../../../packages/contracts/src/events/examples/request.changed.v1.json", import.meta.url),
    "utf8",
  ),
);
const MONTH = "2026-03";
let serial = 0;

it("asks again at the place in the order where a difference would be real, and for what still differs only", async () => {
  await using instance = await createTestInstance();
  const held = row();
  await take(instance, dispatched(held));
  const repair = newId();
  await take(instance, closed({ repair, question: true, months: [monthOf(held)] }));
  expect(await said(instance)).toEqual([]);
  expect(await comparison(instance)).toMatchObject({ differing_months: 0 });
  await take(instance, closed({ repair: newId(), question: true, months: [monthOf(held, row())] }));
  expect(await said(instance)).toEqual(["differs"]);
});

it("removes nothing when not every row said again has come", async () => {
  await using instance = await createTestInstance();
  const [kept, other] = [row(), row()];
  await take(instance, dispatched(kept));
  const repair = newId();
  await take(instance, snapshot(other, repair));
  // The source said both; the other one never came.
  await take(instance, closed({ repair, months: [monthOf(kept, other)] }));
  expect(await list(instance)).toEqual([kept.requestId, other.requestId].sort());
});

it("keeps two repairs that cross apart", async () => {
  await using instance = await createTestInstance();
  const [a, b] = [row(), row()];
  for (const one of [a, b]) await take(instance, dispatched(one));
  const [first, second] = [newId(), newId()];
  await take(instance, snapshot(a, second));
  await take(instance, snapshot(a, first));
  await take(instance, snapshot(b, first));
  await take(instance, closed({ repair: first, whole: true, months: [monthOf(a, b)] }));
  await take(instance, snapshot(b, second));
  await take(instance, closed({ repair: second, whole: true, months: [monthOf(a, b)] }));
  expect(await list(instance)).toEqual([a.requestId, b.requestId].sort());
});

it("removes what the source hasn't, save what arrived since the digest was taken", async () => {
  await using instance = await createTestInstance();
  const [surplus, kept] = [row(), row()];
  await take(instance, dispatched(surplus));
  await take(instance, dispatched(kept));
  const comparedAt = new Date();
  const late = row();
  await take(instance, dispatched(late));
  const repair = newId();
  await take(instance, snapshot(kept, repair));
  await take(instance, closed({ repair, comparedAt, months: [monthOf(kept)] }));
  expect(await list(instance)).toEqual([kept.requestId, late.requestId].sort());
});

it("never undoes a newer version by an older snapshot, and mends an altered row of the same one", async () => {
  await using instance = await createTestInstance();
  const [newer, altered] = [row({ version: 5 }), row()];
  for (const one of [newer, altered]) await take(instance, dispatched(one));
  await instance.deps.db.within({ entities: [WOIPPY] }, (trx) =>
    trx
      .updateTable("request_entity")
      .set({ status: "altered" })
      .where("request_id", "=", altered.requestId)
      .execute(),
  );
  const repair = newId();
  const old = { ...newer, version: 4, status: "received" };
  await take(instance, snapshot(old, repair));
  await take(instance, snapshot(altered, repair));
  await take(instance, closed({ repair, months: [monthOf(old, altered)] }));
  expect(await versions(instance)).toEqual({
    [newer.requestId]: [5, newer.status],
    [altered.requestId]: [altered.version, altered.status],
  });
});

it("keeps erased what a repair had read before the erasure", async () => {
  await using instance = await createTestInstance();
  const erased = row();
  await take(instance, dispatched(erased));
  const { requestId, version } = erased;
  const data = { requestId, version: version + 1 };
  await take(instance, {
    subject: subjectOf(erased, "erased"),
    event: event(requestErased, requestId, data),
  });
  const repair = newId();
  await take(instance, snapshot(erased, repair));
  await take(instance, closed({ repair, months: [monthOf(erased)] }));
  await take(instance, dispatched(erased));
  expect(await list(instance)).toEqual([]);
});

function row(changes: Partial<RequestRow> = {}): RequestRow {
  serial += 1;
  const number = `EMM-2026-${String(serial).padStart(7, "A")}`;
  const times = { receivedAt: `${MONTH}-03T10:00:00.000Z`, updatedAt: `${MONTH}-03T10:00:00.000Z` };
  return { ...example.data, ...times, requestId: newId(), number, ...changes };
}

function monthOf(...rows: RequestRow[]): Month {
  return { month: MONTH, count: rows.length, hash: projectionHash(rows) };
}

function event(definition: unknown, subject: string, data: unknown) {
  return makeEvent(definition as never, {
    id: newId(),
    from: IDS.metropole,
    subject,
    time: new Date(),
    data: data as never,
  }) as never;
}

const subjectOf = (of: RequestRow, verb: string) => `shared.${WOIPPY}.${of.requestId}.${verb}`;

function dispatched(of: RequestRow) {
  return { subject: subjectOf(of, "dispatched"), event: event(requestDispatched, of.requestId, of) };
}

function snapshot(of: RequestRow, repair: string) {
  const data = { ...of, repair };
  return { subject: subjectOf(of, "snapshot"), event: event(requestSnapshot, of.requestId, data) };
}

function closed(what: {
  repair: string;
  months: Month[];
  comparedAt?: Date;
  question?: boolean;
  whole?: boolean;
}) {
  const { repair, months, comparedAt = new Date(), question = false, whole = false } = what;
  const data = { repair, comparedAt: comparedAt.toISOString(), question, whole, months };
  return {
    subject: `shared.${WOIPPY}.${repair}.reconciled`,
    event: event(requestReconciled, repair, data),
  };
}

/** As the inbox does it: the event's memory and its effect in one transaction. */
async function take(
  { deps }: TestInstance,
  { subject, event: taken }: { subject: string; event: never },
): Promise<void> {
  const delivery = { entity: WOIPPY, subject, event: taken, text: JSON.stringify(taken) };
  await deps.db.within({ entities: [WOIPPY] }, (trx) =>
    takeEvent(trx, delivery, () => applyShared(trx, WOIPPY, taken)),
  );
}

async function list(instance: TestInstance): Promise<string[]> {
  return Object.keys(await versions(instance)).sort();
}

async function versions({ deps }: TestInstance): Promise<Record<string, [number, string]>> {
  const rows = await deps.db.within({ entities: [WOIPPY] }, (trx) =>
    trx.selectFrom("request_entity").select(["request_id", "version", "status"]).execute(),
  );
  return Object.fromEntries(rows.map((one) => [one.request_id, [one.version, one.status]]));
}

/** The causes of the digests told. */
async function said({ database }: TestInstance): Promise<string[]> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: database.admin });
  await client.connect();
  const { rows } = await client.query<{ cause: string }>(
    "select payload::json #>> '{data,cause}' as cause from outbox where subject like 'entity.%.projection.digest' order by seq",
  );
  await client.end();
  return rows.map(({ cause }) => cause);
}

async function comparison({ deps }: TestInstance) {
  return deps.db.open.selectFrom("projection_state").selectAll().executeTakeFirst();
}
