import { authorisationGranted } from "@interco/contracts/events/authorisation-granted";
import { type EntityEvent, readEntity } from "@interco/contracts/events/event-list";
import { sql } from "kysely";
import { expect, it } from "vitest";
import { eventually, HUB, log, METZ, startTransport, WOIPPY } from "../test/transport-fixture.ts";
import type { Schema } from "../test/transport-records.ts";
import { newId } from "./ids.ts";
import { InboxConsumer } from "./inbox.ts";
import { dropSurplus, insertDead } from "./inbox-dead.ts";
import { replayParked } from "./inbox-replay.ts";
import { eventLine } from "./outbox.ts";
import { HUB_CONSUMER } from "./streams.ts";

type Transport = Awaited<ReturnType<typeof startTransport>>;

it("parks whatever a commune says, as it came, and goes on with its neighbours", async () => {
  await using t = await startTransport();
  const hub = hubInbox(t);
  const woippy = await t.communeLink.connected();
  const subject = `entity.${WOIPPY}.authorisation.granted`;
  const honest = grantedBy(WOIPPY, "agent");
  const deep = "[".repeat(200_000) + "]".repeat(200_000);
  const poison: [name: string, text: string, subject?: string][] = [
    ["NUL in a name", say({ ...honest, id: newId(), subject: "a\0gent" })],
    ["NUL in the data", say({ ...honest, id: newId(), data: { ...honest.data, agentId: "a\0gent" } })],
    ["NUL in a type", say({ ...honest, id: newId(), type: "fr.interco.\0.v1" })],
    ["lone surrogate", say({ ...honest, id: newId(), subject: "a\ud800gent", type: "\udc00" })],
    ["NUL that isn't JSON", "\0\0\0"],
    ["huge", say({ ...honest, id: newId(), subject: "é".repeat(400_000), type: "huge" })],
    ["deep", say({ ...honest, id: newId(), data: "DEEP" }).replace('"DEEP"', deep)],
    ["not an object", "null"],
    ["a name that isn't one", say({ ...honest, id: "1", type: "nameless" })],
    [
      "a long subject",
      say({ ...honest, id: newId(), subject: "x", type: "long" }),
      `entity.${WOIPPY}.${noise(2_000)}.erased`,
    ],
  ];
  for (const [, text, to = subject] of poison) await woippy.request(to, text);
  const free = grantedBy(METZ, "well");
  await (await t.hubLink.connected()).request(`entity.${METZ}.authorisation.granted`, say(free));
  await eventually(() => expect(hub.applied).toContain(`${METZ} well`), 30_000);
  expect(hub.inbox.stats.lost).toBe(0);
  const { rows } = await t.hubAdmin.query<{ payload: string; speaker: string }>(
    "select payload, speaker from inbox_dead order by id",
  );
  // What names nobody is forged: dropped, not parked.
  const kept = poison.filter(([, text]) => text.startsWith("{"));
  expect(rows).toEqual(kept.map(([, payload]) => ({ payload, speaker: WOIPPY })));
});

it("gives up an event that can't be parked though the database answers, and says so", async () => {
  await using t = await startTransport();
  await t.hubAdmin.query("alter table inbox_dead add constraint full_up check (false) not valid");
  const hub = hubInbox(t);
  const woippy = await t.communeLink.connected();
  await woippy.request(`entity.${WOIPPY}.team.changed`, say({ ...grantedBy(WOIPPY, "a"), type: "unknown" }));
  const after = grantedBy(WOIPPY, "b");
  await woippy.request(`entity.${WOIPPY}.authorisation.granted`, say(after));
  await eventually(() => expect(hub.inbox.stats).toMatchObject({ lost: 1, parked: 0, applied: 1 }));
  expect(hub.applied).toEqual([`${WOIPPY} b`]);
});

it("keeps of each speaker's poison so many events and bytes, the newest", async () => {
  await using t = await startTransport();
  const scope = { entities: [HUB] };
  const park = (from: string, count: number) =>
    t.hubDb.within(scope, async (trx) => {
      for (let at = 0; at < count; at += 1) {
        const event = { id: newId(), subject: `${from}/${at}`, type: "" };
        const delivery = {
          entity: HUB,
          subject: `entity.${from}.team.changed`,
          event,
          text: "x".repeat(100),
        };
        await insertDead(trx, delivery, { error: "poison", attempts: 1 });
      }
    });
  const left = async () => {
    const { rows } = await sql<{ aggregate: string }>`select aggregate from inbox_dead order by id`.execute(
      t.hubDb.open,
    );
    return rows.map(({ aggregate }) => aggregate);
  };
  await park(METZ, 3);
  await park(WOIPPY, 10);
  const dropOf = (kept: { events: number; bytes: number }) =>
    t.hubDb.within(scope, (trx) => dropSurplus(trx, HUB, `entity.${WOIPPY}.team.changed`, kept));
  expect(await dropOf({ events: 10, bytes: 1_000 })).toBe(0);
  expect(await dropOf({ events: 7, bytes: 1_000 })).toBe(3);
  expect(await dropOf({ events: 7, bytes: 250 })).toBe(5);
  const metz = [0, 1, 2].map((at) => `${METZ}/${at}`);
  expect(await left()).toEqual([...metz, `${WOIPPY}/8`, `${WOIPPY}/9`]);
});

it("replays an event by the stream it came by, and drops one that speaks in another's name", async () => {
  await using t = await startTransport();
  const scope = { entities: [HUB] };
  const parked = (from: string, source: string, type: string) =>
    t.hubDb.within(scope, (trx) => {
      const id = newId();
      const event = { id, subject: `${from}/${id}`, type };
      const text = say({ ...grantedBy(source, "agent"), id, type });
      const delivery = { entity: HUB, subject: `entity.${from}.authorisation.granted`, event, text };
      return insertDead(trx, delivery, { error: "of another time", attempts: 5 });
    });
  await parked(WOIPPY, METZ, authorisationGranted.type);
  await parked(WOIPPY, WOIPPY, authorisationGranted.type);
  // A commune that says what only the agglomeration may.
  await parked(WOIPPY, WOIPPY, "fr.interco.territory.changed.v1");
  const applied: string[] = [];
  const outcome = await replayParked<Schema>({
    entity: HUB,
    db: t.hubDb,
    log,
    apply: async (_trx, stream, json) => {
      const { source, type } = json as { source: string; type: string };
      if (type !== authorisationGranted.type) throw new Error(`${stream} has no ${type}`);
      applied.push(`${stream} ${source.slice(-12)}`);
    },
  });
  expect(applied).toEqual([`ENTITY ${WOIPPY}`]);
  expect(outcome).toEqual({ replayed: 1, left: 1 });
});

/** The agglomeration's inbox of what entities say; its database takes an agent's id as text. */
function hubInbox(t: Transport) {
  const applied: string[] = [];
  const inbox = new InboxConsumer<Schema, EntityEvent>({
    entity: HUB,
    stream: "ENTITY",
    durable: HUB_CONSUMER,
    nats: t.hubLink,
    db: t.hubDb,
    log,
    read: readEntity,
    apply: async (trx, event) => {
      await sql`select ${event.subject}::text, ${JSON.stringify(event.data)}::jsonb`.execute(trx);
      applied.push(`${event.source.slice(-12)} ${event.subject}`);
    },
  });
  inbox.start();
  t.defer(() => inbox.stop());
  return { inbox, applied };
}

function grantedBy(from: string, agentId: string) {
  const data = { version: 1, agentId, rights: ["process"] };
  const { event } = eventLine(authorisationGranted, { from, aggregate: agentId, data });
  if (!event) throw new Error("a line without an event");
  return event as EntityEvent;
}

const say = (event: object) => JSON.stringify(event);

function noise(length: number): string {
  return Array.from({ length }, () => Math.floor(Math.random() * 36).toString(36)).join("");
}
