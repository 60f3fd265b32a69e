import { freshDatabase } from "@interco/testing/postgres";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connectDatabase, type Database } from "./postgres.ts";
import { runLast, runStatement, type Statement } from "./statement.ts";

const WOIPPY = "w0ippyaaaaaa";
const stack = new AsyncDisposableStack();
let db: Database<{ kept: { word: string } }>;
let admin: pg.Client;

beforeAll(async () => {
  const database = stack.use(await freshDatabase());
  admin = new pg.Client({ connectionString: database.admin });
  await admin.connect();
  stack.defer(() => admin.end());
  await admin.query("create table kept (word text primary key, scope text)");
  await admin.query("grant select, insert on kept to test_service");
  db = connectDatabase(database.service, { max: 1, name: "driver" });
  stack.defer(() => db.close());
});
afterAll(() => stack.disposeAsync());

const KEEP: Statement = {
  name: "keep",
  text: "insert into kept values ($1, current_setting('interco.entities', true))",
};
const KEEP_LAST: Statement = { ...KEEP, name: "keep-last", last: true };
const scope = { entities: [WOIPPY] };

async function words(like: string): Promise<string[]> {
  const { rows } = await admin.query("select word from kept where word like $1 order by word", [`${like}%`]);
  return rows.map(({ word }) => word);
}

it("opens a transaction with its first statement, under its scope, and leaves nothing of it behind", async () => {
  await db.within(scope, (trx) => runStatement(trx, KEEP, ["scoped"]));
  const { rows } = await admin.query("select scope from kept where word = 'scoped'");
  expect(rows).toEqual([{ scope: WOIPPY }]);
  const after = await sql<{ left: string }>`select current_setting('interco.entities', true) as left`.execute(
    db.open,
  );
  expect(after.rows[0]?.left ?? "").toBe("");
});

it("asks nothing of PostgreSQL for a transaction that asks nothing", async () => {
  expect(await db.within(scope, async () => "nothing")).toBe("nothing");
});

it("has committed when a last statement has answered", async () => {
  await db.within(scope, async (trx) => {
    await runStatement(trx, KEEP, ["last-1"]);
    await runStatement(trx, KEEP_LAST, ["last-2"]);
    expect(await words("last-")).toEqual(["last-1", "last-2"]);
  });
});

it("undoes all of a transaction whose last statement fails", async () => {
  await db.within(scope, (trx) => runStatement(trx, KEEP, ["taken"]));
  const failing = db.within(scope, async (trx) => {
    await runStatement(trx, KEEP, ["undone"]);
    await runStatement(trx, KEEP_LAST, ["taken"]);
  });
  await expect(failing).rejects.toMatchObject({ code: "23505" });
  expect(await words("undone")).toEqual([]);
  // The one connection of this pool is as good as new.
  await db.within(scope, (trx) => runStatement(trx, KEEP, ["after-a-failure"]));
  expect(await words("after-a-failure")).toHaveLength(1);
});

it("refuses whatever is asked after the last statement", async () => {
  const late = db.within(scope, async (trx) => {
    await runLast(trx, trx.selectFrom("kept").selectAll());
    await runStatement(trx, KEEP, ["too-late"]);
  });
  await expect(late).rejects.toThrow("last statement");
  expect(await words("too-late")).toEqual([]);
});

it("undoes what a transaction wrote before it was given up", async () => {
  const given = db.within(scope, async (trx) => {
    await runStatement(trx, KEEP, ["given-up"]);
    throw new Error("given up");
  });
  await expect(given).rejects.toThrow("given up");
  expect(await words("given-up")).toEqual([]);
});

it("doesn't call committed a transaction in which a failure was hidden", async () => {
  const hidden = db.within(scope, async (trx) => {
    await runStatement(trx, KEEP, ["taken"]).catch(() => {});
  });
  await expect(hidden).rejects.toThrow("had failed");
});

it("goes on with another connection when PostgreSQL ends one in the middle", async () => {
  const broken = db.within(scope, async (trx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
    await admin.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    await runStatement(trx, KEEP, ["broken"]);
  });
  await expect(broken).rejects.toThrow();
  await db.within(scope, (trx) => runStatement(trx, KEEP, ["mended"]));
  expect(await words("mended")).toHaveLength(1);
});

it("prepares a text used again and again, and reads the same from it", async () => {
  for (let time = 0; time < 8; time++) {
    const found = await db.within(scope, (trx) =>
      trx
        .selectFrom("kept")
        .select("word")
        .where("word", "=", time % 2 ? "taken" : "nobody")
        .execute(),
    );
    expect(found).toEqual(time % 2 ? [{ word: "taken" }] : []);
  }
  const { rows } = await sql<{
    name: string;
  }>`select name from pg_prepared_statements where name like 'text-%'`.execute(db.open);
  expect(rows.length).toBeGreaterThan(0);
});
