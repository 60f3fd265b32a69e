import { rmSync } from "node:fs";
import { runServiceCommand } from "@interco/operator/processes/service-program";
import { connectDatabase } from "@interco/platform/postgres";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eraseRequest } from "../../services/instance/src/requests/erase-request.ts";
import type { DB } from "../../services/instance/src/schema.ts";
import { tellDigest } from "../../services/instance/src/sharing/digest.ts";
import { reportByForm } from "./citizen.ts";
import { type Desk, METZ, openDesk, PLANTED, placeIn, WOIPPY } from "./desk.ts";
import { becomesEqual, heldBy, type Row } from "./projection.ts";
import { eventually, type Member, type SmallFederation, startSmallFederation } from "./small-federation.ts";
import { deleteStream, everyMessage } from "./streams.ts";

let f: SmallFederation;
let desk: Desk;

beforeAll(async () => {
  f = await startSmallFederation();
  desk = await openDesk(f);
});

afterAll(async () => {
  await desk?.[Symbol.asyncDispose]();
  await f?.[Symbol.asyncDispose]();
});

it("files while NATS is down, and tells the commune once it is back", async () => {
  await f.nats.kill();
  const number = await reportByForm(f.hub);
  expect((await heldBy(f.woippy)).map((row) => row.number)).not.toContain(number);
  await f.nats.restart();
  await eventually(async () => expect((await heldBy(f.woippy)).map((row) => row.number)).toContain(number));
});

it("lets a commune that was down during 500 requests catch up by itself", async () => {
  await f.woippy.kill();
  const filed: string[] = [];
  const citizen = async () => {
    for (let i = 0; i < 125; i += 1) filed.push((await desk.file("corbeille-pleine", [WOIPPY])).id);
  };
  await Promise.all([citizen(), citizen(), citizen(), citizen()]);
  await f.woippy.start();
  await becomesEqual(f, f.woippy);
  const held = (await heldBy(f.woippy)).map((row) => row.request_id);
  expect(held).toEqual(expect.arrayContaining(filed));
});

it("makes projections equal the source within 60 s after JetStream's folder is replaced by an empty one", async () => {
  const kept = await desk.file("corbeille-pleine", [WOIPPY]);
  await eventually(async () => expect(await rowOf(f.woippy, kept.id)).toBeDefined());
  // What JetStream alone holds then: Metz is away for it.
  await f.metz.kill();
  const lost = await desk.file("corbeille-pleine", [METZ]);
  const moved = await desk.file("corbeille-pleine", [WOIPPY]);
  await desk.handOver(f.woippy.entity, moved.number, handOver(f.metz.entity, [METZ]));
  await eventually(async () => expect(await unpublished(f.hub)).toBe(0));
  await f.nats.kill();
  rmSync(f.nats.storeDir, { recursive: true, force: true });
  // Woippy goes on running: it must find out by itself that all it had may be wrong.
  await f.woippy.admin.query("delete from request_entity where request_id = any ($1)", [[kept.id, moved.id]]);
  const started = Date.now();
  await Promise.all([f.nats.restart(), f.metz.start()]);
  await becomesEqual(f, f.woippy);
  await becomesEqual(f, f.metz);
  expect(Date.now() - started).toBeLessThan(60_000);
  expect((await heldBy(f.metz)).map((row) => row.request_id)).toEqual(
    expect.arrayContaining([lost.id, moved.id]),
  );
  expect(await rowOf(f.woippy, kept.id)).toMatchObject({ relation: "in_charge" });
  expect(await rowOf(f.woippy, moved.id)).toMatchObject({ relation: "gone" });
  // And new ones arrive as before.
  const next = await desk.file("corbeille-pleine", [WOIPPY]);
  await eventually(async () => expect(await rowOf(f.woippy, next.id)).toBeDefined());
});

it("has entities say again what they had told when the stream of what they say is lost alone", async () => {
  const toldBy = async (member: Member) => {
    const { rows } = await f.hub.admin.query("select full_name from entity where id = $1", [member.entity]);
    return rows[0].full_name;
  };
  const names = [await toldBy(f.woippy), await toldBy(f.metz)];
  const { rows: teams } = await f.hub.admin.query("select * from team where entity = $1 order by code", [
    f.woippy.entity,
  ]);
  expect(teams).not.toEqual([]);
  // As if it had never been read.
  await f.hub.admin.query("update entity set full_name = 'Personne' where not hosted");
  await f.hub.admin.query("delete from team where entity = $1", [f.woippy.entity]);
  await deleteStream(f, "ENTITY");
  await eventually(async () => expect([await toldBy(f.woippy), await toldBy(f.metz)]).toEqual(names));
  await eventually(async () => {
    const { rows } = await f.hub.admin.query("select * from team where entity = $1 order by code", [
      f.woippy.entity,
    ]);
    expect(rows).toEqual(teams);
  });
  await becomesEqual(f, f.woippy);
  const next = await desk.file("corbeille-pleine", [WOIPPY]);
  await eventually(async () => expect(await rowOf(f.woippy, next.id)).toBeDefined());
});

it("repairs rows deleted, altered and invented by hand at the next comparison, tombstones too", async () => {
  const [deleted, altered, gone] = [
    await desk.file("corbeille-pleine", [WOIPPY]),
    await desk.file("fuite-eau", [WOIPPY]),
    await desk.file("corbeille-pleine", [WOIPPY]),
  ];
  await desk.handOver(f.woippy.entity, gone.number, handOver(f.metz.entity, [METZ]));
  await becomesEqual(f, f.woippy);
  const { admin, entity } = f.woippy;
  await admin.query("delete from request_entity where request_id = $1", [deleted.id]);
  await admin.query("update request_entity set status = 'resolved', version = 7 where request_id = $1", [
    altered.id,
  ]);
  await admin.query("update request_entity set version = 1 where request_id = $1", [altered.id]);
  await admin.query("delete from request_entity where request_id = $1", [gone.id]);
  await admin.query(
    `insert into request_entity
    select (jsonb_populate_record(re, '{"request_id": "0199f2a0-7c12-7000-8000-00000000dead", "number": "EMM-2026-INVENTE"}')).*
    from request_entity re where entity = $1 and projected limit 1`,
    [entity],
  );
  await compare(f.woippy);
  await becomesEqual(f, f.woippy);
  await eventually(async () => expect(await stateOf(f.woippy)).toMatchObject({ differing_months: 1 }));
  await compare(f.woippy);
  await eventually(async () => expect(await stateOf(f.woippy)).toMatchObject({ differing_months: 0 }));
});

it("swaps a rebuilt projection at once: readers see the old one or the new one, never a part", async () => {
  await becomesEqual(f, f.woippy);
  const { admin, entity } = f.woippy;
  const whole = (await heldBy(f.woippy)).length;
  await admin.query(
    "delete from request_entity where entity = $1 and ('x' || right(request_id::text, 1))::bit(4)::int % 2 = 0",
    [entity],
  );
  await admin.query(
    'update request_entity set title = \'{"fr": "ancienne", "en": "old"}\' where entity = $1',
    [entity],
  );
  const old = (await heldBy(f.woippy)).length;
  const seen = new Set<string>();
  let reading = true;
  const reader = async () => {
    while (reading) {
      const { rows } = await admin.query(
        `select count(*)::int as n, count(*) filter (where title ->> 'fr' = 'ancienne')::int as old
         from request_entity where entity = $1`,
        [entity],
      );
      seen.add(`${rows[0].n} rows, ${rows[0].old} old`);
    }
  };
  const readers = Promise.all([reader(), reader()]);
  await runServiceCommand(f.folder, { name: f.woippy.name, program: "instance" }, ["rebuild", entity]);
  await becomesEqual(f, f.woippy).finally(() => {
    reading = false;
  });
  await readers;
  expect([...seen].sort()).toEqual([`${old} rows, ${old} old`, `${whole} rows, 0 old`].sort());
  expect(await stateOf(f.woippy)).toMatchObject({ rebuilt_at: expect.any(Date) });
});

it("says how sharing does, and applies again what was refused once the cause is repaired", async () => {
  const { admin, entity, name } = f.woippy;
  const command = (...words: ["status"] | ["replay", string]) =>
    runServiceCommand(f.folder, { name, program: "instance" }, words).then((text) => JSON.parse(text));
  await admin.query(
    "alter table request_entity add constraint refused check (team is distinct from 'technique') not valid",
  );
  const filed = await desk.file("corbeille-pleine", [WOIPPY]);
  await eventually(async () => {
    const { rows } = await admin.query("select subject, error from inbox_dead");
    expect(rows).toEqual([{ subject: `shared.${entity}.${filed.id}.dispatched`, error: expect.any(String) }]);
  });
  expect(await command("status")).toMatchObject([{ entity, refused: 1 }]);
  expect(await command("replay", entity)).toEqual({ replayed: 0, dropped: 0, left: 1 });
  await admin.query("alter table request_entity drop constraint refused");
  expect(await command("replay", entity)).toEqual({ replayed: 1, dropped: 0, left: 0 });
  expect(await rowOf(f.woippy, filed.id)).toMatchObject({ relation: "in_charge" });
  expect(await command("status")).toMatchObject([
    {
      outbox: { waiting: 0 },
      refused: 0,
      comparedAt: expect.any(String),
      differingMonths: expect.any(Number),
    },
  ]);
});

it("leaves Woippy a tombstone and nothing else when it hands a request over to Metz, its place corrected", async () => {
  const filed = await desk.file("corbeille-pleine", [WOIPPY], true);
  await eventually(async () =>
    expect(await rowOf(f.woippy, filed.id)).toMatchObject({ relation: "in_charge" }),
  );
  await desk.handOver(f.woippy.entity, filed.number, handOver(f.metz.entity, [METZ]));
  await eventually(async () =>
    expect(await rowOf(f.metz, filed.id)).toMatchObject({ relation: "in_charge" }),
  );
  await eventually(async () => expect(await rowOf(f.woippy, filed.id)).toMatchObject({ relation: "gone" }));
  const nothing = { fr: "", en: "" };
  const there = await rowOf(f.hub, filed.id, f.woippy.entity);
  const tombstone = {
    entity: f.woippy.entity,
    request_id: filed.id,
    relation: "gone",
    owner: f.hub.entity,
    shared: true,
    number: filed.number,
    version: 2,
    procedure_slug: "",
    procedure_title: nothing,
    type_code: null,
    type_label: null,
    title: nothing,
    place_label: null,
    communes: [],
    status: "",
    status_label: nothing,
    status_kind: "closed",
    in_charge: f.metz.entity,
    in_charge_name: "Ville de Metz",
    team: null,
    assignee: null,
    assignee_name: null,
    deadline: null,
    received_at: there?.received_at,
    updated_at: there?.updated_at,
    closed_at: null,
    reason: nothing,
    gone_to: "Ville de Metz",
    url: "",
    search: filed.number.toLowerCase(),
  };
  expect(await rowOf(f.woippy, filed.id)).toEqual({ ...tombstone, projected: true });
  expect(there).toEqual({ ...tombstone, projected: false });
  const { rows } = await f.hub.admin.query(
    "select received_at = $2 as first_kept, competent_received_at > received_at as second_kept from request where id = $1",
    [filed.id, filed.receivedAt],
  );
  expect(rows).toEqual([{ first_kept: true, second_kept: true }]);
  await eventually(async () => expect(await mailsAbout(filed.number)).toHaveLength(2));
  const { rows: letters } = await f.hub.admin.query(
    "select kind from letter where request_id = $1 and recipient = $2 order by created_at",
    [filed.id, PLANTED.email],
  );
  expect(letters).toEqual([{ kind: "acknowledgement" }, { kind: "forwarded" }]);
  await becomesEqual(f, f.metz);
});

it("lets Woippy follow a request of its place that it handed over to the agglomeration", async () => {
  const filed = await desk.file("corbeille-pleine", [WOIPPY]);
  await desk.handOver(f.woippy.entity, filed.number, handOver(f.hub.entity, null));
  await desk.take(f.hub.entity, filed.number);
  await desk.act(f.hub.entity, filed.number, "resolve", "C’est réparé.");
  await eventually(async () =>
    expect(await rowOf(f.woippy, filed.id)).toMatchObject({
      relation: "place",
      version: 4,
      status: "resolved",
      status_kind: "closed",
      in_charge: f.hub.entity,
      closed_at: expect.any(String),
      deadline: expect.any(String),
    }),
  );
  await becomesEqual(f, f.woippy);
});

it("erases every copy of a request, the stream's and the tombstone included", async () => {
  const filed = await desk.file("corbeille-pleine", [WOIPPY], true);
  await desk.handOver(f.woippy.entity, filed.number, handOver(f.metz.entity, [METZ]));
  await eventually(async () => expect(await rowOf(f.metz, filed.id)).toBeDefined());
  await eventually(async () => expect(await rowOf(f.woippy, filed.id)).toMatchObject({ relation: "gone" }));
  const workerDb = connectDatabase<DB>(f.hub.config.database.worker, { max: 1, name: "erasure" });
  try {
    const { territory, nudge } = desk.deps;
    const erase = () =>
      eraseRequest({ workerDb, territory, nudge }, f.hub.entity, filed.id, { kind: "demand" });
    expect(await erase()).toBe(true);
    expect(await erase()).toBe(false);
  } finally {
    await workerDb.close();
  }
  for (const member of [f.woippy, f.metz])
    await eventually(async () => expect(await rowOf(member, filed.id)).toBeUndefined());
  await eventually(async () => {
    const left = (await everyMessage(f)).filter(({ text }) => text.includes(filed.id));
    expect(left.map(({ subject }) => subject).sort()).toEqual(
      [f.woippy, f.metz].map(({ entity }) => `shared.${entity}.${filed.id}.erased`).sort(),
    );
  });
  for (const table of ["request", "request_event", "request_entity", "file", "letter", "draft"])
    expect(await mentions(f.hub, table, filed.id), table).toBe(0);
  await becomesEqual(f, f.woippy);
});

it("erases a request everywhere at the end of its retention, and not before", async () => {
  for (const table of ["procedure", "procedure_version"])
    await f.hub.admin.query(`update ${table} set definition = definition || '{"retentionMonths": 12}'`);
  const closedSince = async (months: number) => {
    const filed = await desk.file("corbeille-pleine", [WOIPPY], true);
    await desk.take(f.woippy.entity, filed.number);
    await desk.act(f.woippy.entity, filed.number, "resolve", "C’est réparé.");
    await eventually(async () =>
      expect(await rowOf(f.woippy, filed.id)).toMatchObject({ status_kind: "closed" }),
    );
    await f.hub.admin.query(
      "update request set closed_at = now() - make_interval(months => $2) where id = $1",
      [filed.id, months],
    );
    return filed.id;
  };
  const [old, recent] = [await closedSince(13), await closedSince(11)];
  await f.hub.admin.query("select graphile_worker.add_job('erase-retained')");
  await eventually(async () => expect(await rowOf(f.woippy, old)).toBeUndefined());
  await eventually(async () => {
    const left = (await everyMessage(f)).filter(({ text }) => text.includes(old));
    expect(left.map(({ subject }) => subject)).toEqual([`shared.${f.woippy.entity}.${old}.erased`]);
  });
  for (const table of ["request", "request_event", "request_entity", "file", "letter", "draft"])
    expect(await mentions(f.hub, table, old), table).toBe(0);
  expect(await mentions(f.hub, "request", recent)).toBe(1);
  expect(await rowOf(f.woippy, recent)).toMatchObject({ status_kind: "closed" });
  await becomesEqual(f, f.woippy);
});

it("has no citizen's identity nor words in any message of any stream", async () => {
  await desk.file("fuite-eau", [WOIPPY, METZ], true);
  await eventually(async () => expect(await unpublished(f.hub)).toBe(0));
  const messages = await everyMessage(f);
  expect(messages.length).toBeGreaterThan(20);
  const secrets = [...Object.values(PLANTED), "témoinsecret", "temoinsecret"].map((text) =>
    text.toLowerCase(),
  );
  const telling = messages.filter(({ text }) =>
    secrets.some((secret) => text.toLowerCase().includes(secret)),
  );
  expect(telling).toEqual([]);
});

function handOver(to: string, communes: string[] | null) {
  const correctedPlace = communes && placeIn(communes);
  return { to, team: null, reason: "C’est de votre ressort.", correctedPlace };
}

async function rowOf(member: Member, id: string, entity = member.entity): Promise<Row | undefined> {
  const { rows } = await member.admin.query<{ row: Row }>(
    "select to_jsonb(re) as row from request_entity re where request_id = $1 and entity = $2",
    [id, entity],
  );
  return rows[0]?.row;
}

/** What its author got about a request: its receipt, then one letter a piece of news. */
async function mailsAbout(number: string) {
  const mails = await (await fetch(`${f.mail.api}?to=${encodeURIComponent(PLANTED.email)}`)).json();
  return (mails as { subject: string; text: string }[]).filter((mail) =>
    JSON.stringify(mail).includes(number),
  );
}

async function unpublished(member: Member): Promise<number> {
  const { rows } = await member.admin.query(
    "select count(*)::int as n from outbox where subject is not null and published_at is null",
  );
  return rows[0].n;
}

/** What the hour brings: the commune's digest, told through its own outbox. */
async function compare(member: Member): Promise<void> {
  const db = connectDatabase<DB>(member.config.database.service, { max: 1, name: "comparison" });
  await tellDigest(db, member.entity, "hourly").finally(() => db.close());
}

async function stateOf(member: Member): Promise<Record<string, unknown>> {
  const { rows } = await member.admin.query("select * from projection_state where entity = $1", [
    member.entity,
  ]);
  return rows[0] ?? {};
}

async function mentions(member: Member, table: string, id: string): Promise<number> {
  const { rows } = await member.admin.query(
    `select count(*)::int as n from ${table} t where to_jsonb(t)::text like $1`,
    [`%${id}%`],
  );
  return rows[0].n;
}
