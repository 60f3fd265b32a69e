import pg from "pg";
import { expect, it } from "vitest";
import { freshDatabase } from "./postgres.ts";

async function query(url: string, text: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

it("gives each test its own copy of a template prepared once", async () => {
  let prepared = 0;
  const template = {
    key: `copy_${process.pid}`,
    prepare: async (urls: { owner: string }) => {
      prepared += 1;
      await query(urls.owner, "create table thing (id int); grant select, insert on thing to test_service");
    },
  };
  const [first, second] = await Promise.all([freshDatabase(template), freshDatabase(template)]);
  await query(first.service, "insert into thing values (1)");
  expect(await query(first.service, "select * from thing")).toEqual([{ id: 1 }]);
  expect(await query(second.service, "select * from thing")).toEqual([]);
  expect(prepared).toBe(1);
  await first.drop();
  await second.drop();
});

it("gives the service role no DDL and no way around row-level security", async () => {
  await using database = await freshDatabase();
  await expect(query(database.service, "create table mine (id int)")).rejects.toThrow(/permission denied/);
  expect(
    await query(
      database.service,
      "select rolsuper, rolbypassrls, rolcreatedb, rolcreaterole from pg_roles where rolname = current_user",
    ),
  ).toEqual([{ rolsuper: false, rolbypassrls: false, rolcreatedb: false, rolcreaterole: false }]);
});
