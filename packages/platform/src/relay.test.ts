import { requestErased } from "@interco/contracts/events/request-erased";
import { expect, it } from "vitest";
import {
  changedLine,
  eventually,
  HUB,
  newRequest,
  say,
  startTransport,
  streamed,
  WOIPPY,
} from "../test/transport-fixture.ts";
import { appendOutbox, eventLine } from "./outbox.ts";

type Transport = Awaited<ReturnType<typeof startTransport>>;

async function waiting(t: Transport): Promise<number> {
  const { rows } = await t.hubAdmin.query(
    "select count(*)::int as n from outbox where published_at is null or jobs_done_at is null",
  );
  return rows[0].n;
}

const allOut = (t: Transport) => eventually(async () => expect(await waiting(t)).toBe(0));

async function jobsMade(t: Transport): Promise<string[]> {
  return (await t.hubAdmin.query("select key from job_made order by key")).rows.map((row) => row.key);
}

it("publishes what commits, in the order it was written", async () => {
  await using t = await startTransport();
  const relay = t.relay();
  const requests = [newRequest(), newRequest(), newRequest()];
  for (let version = 1; version <= 20; version += 1) {
    await say(t, ...requests.map((id) => changedLine(id, version)));
    relay.nudge();
  }
  await allOut(t);
  const order = await streamed(t);
  expect(order).toHaveLength(60);
  for (const id of requests) {
    const versions = order.filter((line) => line.startsWith(id)).map((line) => Number(line.split(":")[1]));
    expect(versions).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  }
});

it("loses nothing of a transaction that commits after a later one", async () => {
  await using t = await startTransport();
  t.relay();
  const [slow, fast] = [newRequest(), newRequest()];
  await t.hubDb.within({ entities: [HUB] }, async (trx) => {
    await appendOutbox(trx, [changedLine(slow, 1)]);
    await say(t, changedLine(fast, 1));
    await eventually(async () => expect(await streamed(t)).toEqual([`${fast}:1`]));
  });
  await eventually(async () => expect(await streamed(t)).toEqual([`${fast}:1`, `${slow}:1`]));
});

it("says nothing of a transaction that is rolled back", async () => {
  await using t = await startTransport();
  t.relay();
  t.jobs();
  const undone = t.hubDb.within({ entities: [HUB] }, async (trx) => {
    await appendOutbox(trx, [changedLine(newRequest(), 1, [{ task: "mail", payload: {} }])]);
    throw new Error("undone");
  });
  await expect(undone).rejects.toThrow("undone");
  await say(t, changedLine(newRequest(), 1));
  await allOut(t);
  expect(await streamed(t)).toHaveLength(1);
  expect(await jobsMade(t)).toEqual([]);
});

it("makes jobs and keeps events while NATS is down, then publishes them in order", async () => {
  await using t = await startTransport();
  const relay = t.relay();
  t.jobs();
  const request = newRequest();
  await say(t, changedLine(request, 1));
  await allOut(t);
  await t.nats.kill();
  const lines = [2, 3, 4].map((version) =>
    changedLine(request, version, [{ task: "mail", payload: { version } }]),
  );
  for (const line of lines) await say(t, line);
  await eventually(async () => expect(await jobsMade(t)).toHaveLength(3));
  expect(await waiting(t)).toBe(3);
  await eventually(() => expect(relay.stats.lagMs).toBeGreaterThan(0));
  await t.nats.restart();
  await allOut(t);
  expect(await streamed(t)).toEqual([1, 2, 3, 4].map((version) => `${request}:${version}`));
  expect(relay.stats.lagMs).toBe(0);
});

it("publishes again what it had no time to mark, and the stream keeps it once", async () => {
  await using t = await startTransport();
  const relay = t.relay();
  const request = newRequest();
  await say(t, changedLine(request, 1), changedLine(request, 2));
  await allOut(t);
  await t.hubAdmin.query("update outbox set published_at = null");
  relay.nudge();
  await allOut(t);
  expect(await streamed(t)).toEqual([`${request}:1`, `${request}:2`]);
});

it("waits for a stream that is missing, and says so", async () => {
  await using t = await startTransport();
  const jsm = await t.makeStreams();
  await jsm.streams.delete("SHARED");
  const relay = t.relay();
  await say(t, changedLine(newRequest(), 1));
  await eventually(() => expect(relay.stats.failures).toBeGreaterThan(0));
  await t.makeStreams();
  await allOut(t);
  expect(await streamed(t)).toHaveLength(1);
});

it("works in one process at a time; another takes over when it stops", async () => {
  await using t = await startTransport();
  const first = t.relay();
  await eventually(() => expect(first.stats.active).toBe(true));
  const second = t.relay();
  await say(t, changedLine(newRequest(), 1));
  await allOut(t);
  expect([first.stats.published, second.stats.published, second.stats.active]).toEqual([1, 0, false]);
  await first.stop();
  await say(t, changedLine(newRequest(), 1));
  await allOut(t);
  expect(second.stats.published).toBe(1);
});

it("finds its way back when PostgreSQL ends its connection", async () => {
  await using t = await startTransport();
  t.relay();
  await say(t, changedLine(newRequest(), 1));
  await allOut(t);
  await t.hubAdmin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'relay' and datname = current_database()",
  );
  await say(t, changedLine(newRequest(), 1));
  await allOut(t);
});

it("leaves no trace of an erased request in the stream nor in the outbox", async () => {
  await using t = await startTransport();
  t.relay();
  const [erased, kept] = [newRequest(), newRequest()];
  await say(t, changedLine(erased, 1), changedLine(kept, 1));
  await allOut(t);
  const data = { requestId: erased, version: 2 };
  await say(t, eventLine(requestErased, { from: HUB, to: WOIPPY, aggregate: erased, data }));
  await allOut(t);
  expect(await streamed(t)).toEqual([`${kept}:1`, `${erased}:2`]);
  const { rows } = await t.hubAdmin.query("select version from outbox where aggregate = $1", [erased]);
  expect(rows).toEqual([{ version: 2 }]);
});

it("refuses, before it is written, a line nobody could publish", async () => {
  const data = { requestId: newRequest(), version: 1 };
  for (const to of ["*", "a.b", ">", "", "WOIPPY000000"]) {
    expect(() => eventLine(requestErased, { from: HUB, to, aggregate: data.requestId, data })).toThrow();
  }
  for (const aggregate of ["*", "a.b", ">", ""]) {
    expect(() => eventLine(requestErased, { from: HUB, to: WOIPPY, aggregate, data })).toThrow();
  }
  await using t = await startTransport();
  const huge = changedLine(newRequest(), 1);
  const event = { ...huge.event, data: "x".repeat(1_000_000) } as typeof huge.event;
  await expect(say(t, { ...huge, event } as typeof huge)).rejects.toThrow(/can't be published/);
});
