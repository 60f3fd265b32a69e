import { connectDatabase, type Database } from "@interco/platform/postgres";
import { freshDatabase, type TestDatabase } from "@interco/testing/postgres";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { StatementLane } from "../src/provider/statement-lane.ts";

let database: TestDatabase;
let connected: Database<unknown>;
let lane: StatementLane;

beforeAll(async () => {
  database = await freshDatabase();
  connected = connectDatabase(database.service, { max: 4, name: "lane" });
  lane = new StatementLane(connected.pool);
});
afterAll(async () => {
  await connected?.close();
  await database?.drop();
});

const backend = async () =>
  (await lane.query<{ pid: number }>({ text: "select pg_backend_pid() as pid" })).rows[0]?.pid;
const number = async (n: number) =>
  (await lane.query<{ n: number }>({ name: "number", text: "select $1::int as n", values: [n] })).rows[0]?.n;

test("statements made at once share a connection, and each gets its own answer", async () => {
  expect(await Promise.all([1, 2, 3, 4, 5].map(number))).toEqual([1, 2, 3, 4, 5]);
  expect(new Set(await Promise.all([backend(), backend(), backend()])).size).toBe(1);
  expect(connected.pool.totalCount).toBe(1);
  expect(connected.pool.idleCount).toBe(1);
});

test("one that PostgreSQL refuses fails alone", async () => {
  const refused = lane.query({ text: "select 1 / $1::int", values: [0] });
  const answers = Promise.all([number(1), number(2)]);
  await expect(refused).rejects.toThrow("division by zero");
  expect(await answers).toEqual([1, 2]);
  expect(connected.pool.totalCount).toBe(1);
});

test("a lost connection fails those under way, and the next one has another", async () => {
  const lost = await backend();
  const slow = expect(lane.query({ text: "select pg_sleep(10)" })).rejects.toThrow();
  await connected.pool.query("select pg_terminate_backend($1)", [lost]);
  await slow;
  expect(await number(3)).toBe(3);
  expect(await backend()).not.toBe(lost);
});

test("a slow one keeps no one waiting for long", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const slow = lane.query({ text: "select pg_sleep(3)" }).then(() => "the slow one");
  vi.advanceTimersByTime(300);
  expect(await Promise.race([number(4), slow])).toBe(4);
  vi.useRealTimers();
  await slow;
  expect(connected.pool.idleCount).toBe(connected.pool.totalCount);
});
