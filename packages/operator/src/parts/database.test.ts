import { testPostgresUrl } from "@interco/testing/postgres";
import pg from "pg";
import { afterAll, expect, it } from "vitest";
import { databaseUrls, dropDatabase, ensureDatabase } from "./database.ts";

const names = ["first", "second"].map((name) => `operator_${name}_${process.pid}`);
const accesses = names.map((name) => ({ name, passwords: { owner: "o", service: "s", worker: "w" } }));
const [first, second] = accesses as [(typeof accesses)[0], (typeof accesses)[0]];

afterAll(async () => {
  for (const name of names) await dropDatabase(testPostgresUrl(), name);
});

async function query(url: string, text: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

it("makes a database and its roles once", async () => {
  const admin = testPostgresUrl();
  expect(await ensureDatabase(admin, first)).toBe(true);
  expect(await ensureDatabase(admin, first)).toBe(false);
  expect(await ensureDatabase(admin, second)).toBe(true);
});

it("lets service and worker neither define tables nor enter another service's database", async () => {
  const urls = databaseUrls(testPostgresUrl(), first);
  await query(urls.owner, "create table thing (id int)");
  for (const url of [urls.service, urls.worker]) {
    await expect(query(url, "create table mine (id int)")).rejects.toThrow(/permission denied/);
    await expect(query(url, "create schema mine")).rejects.toThrow(/permission denied/);
    await expect(query(url, "select * from thing")).rejects.toThrow(/permission denied/);
    const elsewhere = new URL(url);
    elsewhere.pathname = `/${second.name}`;
    await expect(query(elsewhere.href, "select 1")).rejects.toThrow(/permission denied for database/);
  }
});

it("ends a transaction that was left open", async () => {
  const [row] = await query(
    databaseUrls(testPostgresUrl(), first).service,
    "show idle_in_transaction_session_timeout",
  );
  expect(row).toEqual({ idle_in_transaction_session_timeout: "30s" });
});
