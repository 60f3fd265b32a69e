import { rmSync } from "node:fs";
import { readShared } from "@interco/contracts/events/event-list";
import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { expect, it } from "vitest";
import {
  ACCOUNTS,
  changedLine,
  eventually,
  log,
  newRequest,
  recordApplied,
  say,
  startTransport,
  WOIPPY,
} from "../test/transport-fixture.ts";
import type { Schema } from "../test/transport-records.ts";
import { replayParked } from "./inbox-replay.ts";
import { COMMUNE_API_PREFIX } from "./nats-accounts.ts";
import { consumerLags, streamManager } from "./streams.ts";
import { recall } from "./streams-memory.ts";
import { StreamsWatch } from "./streams-watch.ts";

type Transport = Awaited<ReturnType<typeof startTransport>>;

const versions = (request: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${request}:${index + 1}`);

async function allRead(t: Transport): Promise<void> {
  const jsm = await streamManager(await t.hubLink.connected());
  await eventually(async () => {
    const lag = (await consumerLags(jsm)).find((c) => c.stream === "SHARED" && c.durable === WOIPPY);
    expect(lag?.waiting).toBe(0);
  });
}

it("applies each event once, in order, across accounts", async () => {
  await using t = await startTransport();
  const [relay] = [t.relay(), t.inbox()];
  const request = newRequest();
  for (let version = 1; version <= 30; version += 1) {
    await say(t, changedLine(request, version));
    relay.nudge();
  }
  await eventually(async () => expect(await t.applied()).toEqual(versions(request, 30)));
  await allRead(t);
});

it("has one effect of an event delivered twice", async () => {
  await using t = await startTransport();
  const inbox = t.inbox();
  const js = jetstream(await t.hubLink.connected());
  const line = changedLine(newRequest(), 1);
  const last = changedLine(newRequest(), 1);
  // Another message id: the stream can't tell that it is the same event, the inbox can.
  for (const msgID of ["first", "second", "third"]) {
    await js.publish(line.subject ?? "", JSON.stringify(line.event), { msgID });
  }
  await js.publish(last.subject ?? "", JSON.stringify(last.event), { msgID: "last" });
  await eventually(async () =>
    expect(await t.applied()).toEqual([`${line.aggregate}:1`, `${last.aggregate}:1`]),
  );
  expect(inbox.stats.repeated).toBe(2);
});

it("applies a backlog together, and alone what fails in it", async () => {
  await using t = await startTransport();
  t.relay();
  const runs: number[] = [];
  const requests = Array.from({ length: 100 }, newRequest);
  await say(t, ...requests.flatMap((id) => [changedLine(id, 1), changedLine(id, 2)]));
  await allPublished(t);
  const [ill] = requests;
  const inbox = t.inbox({
    apply: async (trx, event) => {
      if (event.subject === ill) throw new Error("can't be applied");
      await recordApplied(trx, event);
    },
    together: {
      takes: () => true,
      apply: async (trx, events) => {
        if (events.some(({ subject }) => subject === ill)) throw new Error("one of them can't be applied");
        runs.push(events.length);
        for (const event of events) await recordApplied(trx, event);
      },
    },
  });
  await eventually(async () => expect(await t.applied()).toHaveLength(198));
  await allRead(t);
  expect(Math.max(...runs)).toBeGreaterThan(1);
  expect(inbox.stats).toMatchObject({ applied: 198, repeated: 0 });
  for (const request of requests.slice(1))
    expect((await t.applied()).filter((line) => line.startsWith(request))).toEqual(versions(request, 2));
});

it("has one effect of an event that comes twice in one backlog", async () => {
  await using t = await startTransport();
  const js = jetstream(await t.hubLink.connected());
  const lines = [changedLine(newRequest(), 1), changedLine(newRequest(), 1)];
  for (const [at, line] of [...lines, ...lines, ...lines].entries())
    await js.publish(line.subject ?? "", JSON.stringify(line.event), { msgID: String(at) });
  const inbox = t.inbox({
    together: {
      takes: () => true,
      apply: async (trx, events) => {
        for (const event of events) await recordApplied(trx, event);
      },
    },
  });
  await eventually(() => expect(inbox.stats.applied + inbox.stats.repeated).toBe(6));
  expect(await t.applied()).toEqual(lines.map(({ aggregate }) => `${aggregate}:1`));
});

it("catches up after it was away", async () => {
  await using t = await startTransport();
  t.relay();
  const requests = Array.from({ length: 40 }, newRequest);
  await say(t, ...requests.flatMap((id) => [changedLine(id, 1), changedLine(id, 2)]));
  const first = t.inbox();
  await eventually(() => expect(first.stats.applied).toBeGreaterThan(5));
  await first.stop();
  t.inbox();
  await eventually(async () => expect(await t.applied()).toHaveLength(80));
  expect(new Set(await t.applied()).size).toBe(80);
});

it("keeps the order when a process dies with events it had fetched", async () => {
  await using t = await startTransport();
  t.relay();
  const request = newRequest();
  const lines = versions(request, 30).map((_, index) => changedLine(request, index + 1));
  await say(t, ...lines.slice(0, 20));
  await allPublished(t);
  const [woippy] = ACCOUNTS.instances;
  const dying = await connect({ servers: t.nats.url, user: woippy?.name, pass: woippy?.password });
  const consumer = await jetstream(dying, { apiPrefix: COMMUNE_API_PREFIX }).consumers.get("SHARED", WOIPPY);
  const fetched = await consumer.consume({ max_messages: 10 });
  let count = 0;
  for await (const _ of fetched) if (++count === 10) break;
  await dying.close();
  await say(t, ...lines.slice(20));
  t.inbox();
  await eventually(async () => expect(await t.applied()).toHaveLength(30));
  expect(await t.applied()).toEqual(versions(request, 30));
});

it("goes on when NATS dies and comes back", async () => {
  await using t = await startTransport();
  t.relay();
  t.inbox();
  const request = newRequest();
  await say(t, changedLine(request, 1));
  await eventually(async () => expect(await t.applied()).toHaveLength(1));
  for (const version of [2, 3, 4]) {
    await t.nats.kill();
    await say(t, changedLine(request, version));
    await t.nats.restart();
    await eventually(async () => expect(await t.applied()).toEqual(versions(request, version)));
  }
});

it("waits for PostgreSQL without calling the event poison", async () => {
  await using t = await startTransport();
  t.relay();
  const inbox = t.inbox();
  const request = newRequest();
  await say(t, changedLine(request, 1));
  await eventually(async () => expect(await t.applied()).toHaveLength(1));
  const name = t.commune.name;
  await t.hubAdmin.query(`alter database ${name} connection limit 0`);
  await t.hubAdmin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name = 'commune'",
    [name],
  );
  await say(t, changedLine(request, 2));
  await allPublished(t);
  await eventually(() => expect(inbox.stats.connected).toBe(true));
  await t.hubAdmin.query(`alter database ${name} connection limit -1`);
  await eventually(async () => expect(await t.applied()).toEqual(versions(request, 2)));
  expect(inbox.stats.parked).toBe(0);
});

async function allPublished(t: Transport): Promise<void> {
  await eventually(async () => {
    const { rows } = await t.hubAdmin.query("select 1 from outbox where published_at is null");
    expect(rows).toEqual([]);
  });
}

it("parks a poison event with that request's later ones, lets neighbours go on, and replays in order", async () => {
  await using t = await startTransport();
  t.relay();
  let cured = false;
  const [ill, well] = [newRequest(), newRequest()];
  const apply: typeof recordApplied = async (trx, event) => {
    if (!cured && event.subject === ill && "version" in event.data && event.data.version === 2) {
      throw new Error("can't be applied");
    }
    await recordApplied(trx, event);
  };
  t.inbox({ apply });
  await say(t, changedLine(ill, 1), changedLine(ill, 2), changedLine(well, 1), changedLine(ill, 3));
  await say(t, changedLine(well, 2));
  await eventually(async () => expect(await t.applied()).toEqual([`${ill}:1`, `${well}:1`, `${well}:2`]));
  const dead = await t.admin.query("select aggregate, error, attempts from inbox_dead order by id");
  expect(dead.rows).toMatchObject([
    { aggregate: ill, error: "can't be applied", attempts: 5 },
    { aggregate: ill, attempts: 0 },
  ]);
  const replay = () =>
    replayParked<Schema>({
      entity: WOIPPY,
      db: t.communeDb,
      log,
      apply: (trx, _stream, json) => apply(trx, readShared(json)),
    });
  expect(await replay()).toEqual({ replayed: 0, left: 2 });
  cured = true;
  expect(await replay()).toEqual({ replayed: 2, left: 0 });
  expect((await t.applied()).slice(3)).toEqual([`${ill}:2`, `${ill}:3`]);
  await say(t, changedLine(ill, 4));
  await eventually(async () => expect((await t.applied()).at(-1)).toBe(`${ill}:4`));
});

it("parks what it can't read, as it came", async () => {
  await using t = await startTransport();
  t.inbox();
  const js = jetstream(await t.hubLink.connected());
  const line = changedLine(newRequest(), 1);
  const unknown = { ...line.event, type: "fr.interco.request.changed.v99" };
  await js.publish(line.subject ?? "", JSON.stringify(unknown));
  await js.publish(line.subject ?? "", "not JSON");
  const good = changedLine(newRequest(), 1);
  await js.publish(good.subject ?? "", JSON.stringify(good.event));
  await eventually(async () => expect(await t.applied()).toEqual([`${good.aggregate}:1`]));
  const { rows } = await t.admin.query("select aggregate, payload from inbox_dead order by id");
  expect(rows).toEqual([
    { aggregate: line.aggregate, payload: JSON.stringify(unknown) },
    { aggregate: line.subject, payload: "not JSON" },
  ]);
});

it("finds its consumer again after the streams are lost, and the hub is told to repair", async () => {
  await using t = await startTransport();
  const relay = t.relay();
  const consumers: string[] = [];
  t.inbox({
    onConsumer: async (createdAt) => {
      const { seen, remember } = await recall(t.communeDb.open, "SHARED/woippy", createdAt);
      consumers.push(seen);
      await remember();
    },
  });
  const recreated: string[] = [];
  const watch = new StreamsWatch({
    nats: t.hubLink,
    db: t.hubDb.open,
    log,
    entities: () => [WOIPPY],
    onStreamRecreated: async (stream) => void recreated.push(stream),
  });
  watch.start();
  const request = newRequest();
  await say(t, changedLine(request, 1));
  relay.nudge();
  await eventually(async () => expect(await t.applied()).toHaveLength(1));
  expect(recreated).toEqual([]);

  await t.nats.kill();
  rmSync(t.nats.storeDir, { recursive: true, force: true });
  await say(t, changedLine(request, 2));
  await t.nats.restart();
  await eventually(async () => expect(await t.applied()).toEqual(versions(request, 2)));
  await eventually(() => expect(recreated.sort()).toEqual(["CATALOGUE", "ENTITY", "SHARED"]));
  await eventually(() => expect(consumers.at(-1)).toBe("changed"));
  await watch.stop();
});

it("finds its consumer again when that alone was deleted", async () => {
  await using t = await startTransport();
  t.relay();
  t.inbox();
  const request = newRequest();
  await say(t, changedLine(request, 1));
  await eventually(async () => expect(await t.applied()).toHaveLength(1));
  const jsm = await t.makeStreams();
  await jsm.consumers.delete("SHARED", WOIPPY);
  await say(t, changedLine(request, 2));
  await allPublished(t);
  await t.makeStreams();
  await eventually(async () => expect(await t.applied()).toEqual(versions(request, 2)));
});
