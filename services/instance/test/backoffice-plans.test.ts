import { type RawBuilder, sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { visibleLines } from "../src/audit/audit-repository.ts";
import { LISTS } from "../src/backoffice/counted-list.ts";
import { COUNT_QUEUES, COUNTED_AT_MOST } from "../src/backoffice/queue-counts-repository.ts";
import {
  type ListQuery,
  listRequests,
  listStatement,
  numberStartStatement,
} from "../src/backoffice/request-list-repository.ts";
import { createBackoffice, STAFF } from "./backoffice-fixture.ts";
import { IDS, type TestInstance } from "./test-instance.ts";

const ROWS = 100_000;
let instance: TestInstance;

beforeAll(async () => {
  instance = await createBackoffice(["woippy", "metz"]);
  await fill(instance, ROWS);
}, 120_000);
afterAll(() => instance?.[Symbol.asyncDispose]());

async function fill({ database }: TestInstance, rows: number): Promise<void> {
  const admin = new pg.Client(database.admin);
  await admin.connect();
  await admin.query(
    `insert into request_entity (entity, request_id, relation, owner, shared, projected, number, version, procedure_slug,
       procedure_title, type_code, type_label, title, place_label, communes, status, status_label, status_kind, in_charge,
       in_charge_name, team, assignee, deadline, received_at, updated_at, reason, url, search)
     select case when i % 10 = 0 then $2 else $1 end, gen_random_uuid(),
       (array['in_charge','in_charge','place','gone','triage'])[1 + i % 5], $1, i % 3 = 0, i % 3 = 0,
       'WOI-2026-' || lpad(i::text, 7, '0'), 1, 'p', '{"fr":"P","en":"P"}', 't' || i % 20, '{"fr":"T","en":"T"}',
       '{"fr":"Titre","en":"Title"}', i % 80 || ' rue du Fort', array[$1], 'received', '{"fr":"Reçue","en":"Received"}',
       case when i % 50 = 0 then 'open' when i % 50 = 1 then 'waiting' else 'closed' end, $1, 'Mairie', 'e' || i % 4,
       case when i % 100 = 0 then $3 end, now() + (i % 40 - 20) * interval '1 day', now() - i * interval '1 minute', now(),
       '{"fr":"r","en":"r"}', 'http://x', case when i % 9973 = 0 then 'perle rare' else 'titre rue du fort' end
     from generate_series(1, ${rows}) i`,
    [IDS.woippy, IDS.metz, STAFF.woippy.agentId],
  );
  await admin.query(
    `insert into audit_entry (id, entity, agent_id, act)
     select gen_random_uuid(), case when i % 10 = 0 then $2 else $1 end, $3, 'request.opened' from generate_series(1, 20000) i`,
    [IDS.woippy, IDS.metz, STAFF.woippy.agentId],
  );
  await admin.query("vacuum analyze request_entity, audit_entry");
  await admin.end();
}

const base: ListQuery = {
  entity: IDS.woippy,
  agentId: STAFF.woippy.agentId,
  queue: "toutes",
  sort: "recent",
  filters: {},
  limit: 50,
};
const cursor = { at: "2026-06-01 00:00:00+00", id: "00000000-0000-4000-8000-000000000000" };
const within = <T>(work: Parameters<typeof instance.deps.db.within<T>>[1]) =>
  instance.deps.db.within({ entities: [IDS.woippy] }, work, LISTS);

/** The one plan kept of a statement, under the service's role and row-level security, as its nodes and the indexes they read. */
async function planOf(text: string, { deps } = instance) {
  const { rows } = await deps.db.within(
    { entities: [IDS.woippy] },
    (trx) =>
      sql<{
        "QUERY PLAN": [{ Plan: PlanNode }];
      }>`explain (format json, generic_plan) ${sql.raw(text)}`.execute(trx),
    LISTS,
  );
  const nodes = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodes)];
  const all = nodes(rows[0]?.["QUERY PLAN"][0].Plan as PlanNode);
  return {
    types: all.map((node) => node["Node Type"]),
    indexes: all.flatMap((node) => node["Index Name"] ?? []),
  };
}
const textOf = (statement: RawBuilder<unknown>) => statement.compile(instance.deps.db.open).sql;
interface PlanNode {
  "Node Type": string;
  "Index Name"?: string;
  Plans?: PlanNode[];
}

const cases: [string, Partial<ListQuery>, string][] = [
  ["everything", {}, "request_entity_recent"],
  ["everything, its second page", { after: cursor }, "request_entity_recent"],
  ["everything, a page back", { before: cursor }, "request_entity_recent"],
  ["everything, oldest first", { sort: "oldest", after: cursor }, "request_entity_recent"],
  ["to process", { queue: "a-traiter" }, "request_entity_open"],
  ["to process, its second page", { queue: "a-traiter", after: cursor }, "request_entity_open"],
  ["to process, oldest first", { queue: "a-traiter", sort: "oldest" }, "request_entity_open"],
  [
    "to process, by deadline",
    { queue: "a-traiter", sort: "deadline", after: cursor },
    "request_entity_deadline",
  ],
  ["to dispatch", { queue: "a-orienter", sort: "oldest" }, "request_entity_open"],
  ["late", { queue: "en-retard", sort: "deadline" }, "request_entity_deadline"],
  ["mine", { queue: "miennes" }, "request_entity_assignee"],
  ["shared", { queue: "metropole" }, "request_entity_shared"],
  ["of a team", { queue: "a-traiter", filters: { team: "e1" } }, "request_entity_open"],
  ["of a type and a commune", { filters: { type: "t3", commune: IDS.woippy } }, "request_entity_recent"],
  ["with words", { filters: { words: ["perle", "rare"] } }, "request_entity_recent"],
  ["since a month", { filters: { since: new Date() } }, "request_entity_recent"],
];

it.each(cases)("a list is read in the order of an index of its entity: %s", async (_name, query, index) => {
  const plan = await planOf(textOf(listStatement({ ...base, ...query })));
  expect(plan.types).not.toContain("Seq Scan");
  expect(
    plan.types.some((type) => type.includes("Sort")),
    plan.types.join(),
  ).toBe(false);
  expect(plan.indexes).toEqual([index]);
});

it("so it is where an entity has few, which the planner would as soon read all and sort", async () => {
  await using small = await createBackoffice(["woippy", "metz"]);
  await fill(small, 1_500);
  for (const [name, query, index] of cases) {
    const plan = await planOf(textOf(listStatement({ ...base, ...query })), small);
    expect(plan.types.join(), name).not.toContain("Sort");
    expect(plan.indexes, name).toEqual([index]);
  }
});

it("the beginning of a number is looked for between two bounds of an index", async () => {
  const plan = await planOf(textOf(numberStartStatement(IDS.woippy, "WOI-2026-0000", 50)));
  expect(plan.types).not.toContain("Seq Scan");
  expect(plan.indexes).toEqual(["request_entity_by_number"]);
});

it("a journal reads the end of each entity's piece of the index, its own and its guests'", async () => {
  const reader = { entity: IDS.woippy, guests: [IDS.metz] };
  const plan = await planOf(textOf(visibleLines(reader, { limit: 101 })));
  expect(plan.types).not.toContain("Seq Scan");
  expect(plan.indexes).toContain("audit_entry_by_entity");
});

it("counters read bounded pieces of indexes", async () => {
  const plan = await planOf(COUNT_QUEUES.text);
  expect(plan.types).not.toContain("Seq Scan");
  expect([...plan.indexes].sort()).toEqual([
    "request_entity_assignee",
    "request_entity_deadline",
    "request_entity_open",
    "request_entity_open",
    "request_entity_shared",
  ]);
  expect(plan.types.filter((type) => type === "Index Only Scan").length).toBeGreaterThanOrEqual(4);
});

it("a filtered page stops at its bound and its next page goes on, until every match was shown", async () => {
  const found: string[] = [];
  let after: ListQuery["after"];
  let stops = 0;
  for (let pages = 0; pages < 100; pages++) {
    const page = await within((trx) =>
      listRequests(trx, { ...base, filters: { words: ["perle", "rare"] }, limit: 5, after }),
    );
    found.push(...page.rows.map((row) => row.number));
    if (page.stopped) stops += 1;
    if (!page.next) break;
    after = page.next;
  }
  const expected = Array.from({ length: ROWS }, (_, index) => index + 1).filter(
    (index) => index % 9973 === 0 && index % 10 !== 0,
  );
  expect(stops).toBeGreaterThan(0);
  expect(found).toHaveLength(expected.length);
  expect(new Set(found).size).toBe(found.length);
});

it("a counter that is full isn't counted again at once, and those that aren't are", async () => {
  const { counters } = instance.deps;
  const author = { entity: IDS.woippy, agentId: STAFF.woippy.agentId };
  const read = () => within((trx) => counters.read(trx, author));
  const before = await read();
  expect(before.toProcess).toBe(COUNTED_AT_MOST);
  expect(before.late).toBeLessThan(COUNTED_AT_MOST);
  await within((trx) =>
    sql`update request_entity set status_kind = 'closed' where entity = ${IDS.woippy} and relation = 'in_charge'`.execute(
      trx,
    ),
  );
  const after = await read();
  expect(after).toEqual({ ...before, late: 0, mine: 0, shared: after.shared });
});
