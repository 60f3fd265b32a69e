import { randomUUID } from "node:crypto";
import { createLog } from "@interco/platform/log";
import { migrate, roleOf } from "@interco/platform/migrations";
import { freshDatabase, type TestDatabase } from "@interco/testing/postgres";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkJournal } from "../src/audit/check-journal.ts";
import { JournalChain } from "../src/audit/journal-chain.ts";
import { JournalWatch } from "../src/audit/journal-watch.ts";
import { SignInJournal } from "../src/audit/sign-in-journal.ts";
import { MIGRATIONS } from "../src/config.ts";
import { Browser } from "./browser.ts";
import { startIdp } from "./running-idp.ts";
import { TestSite } from "./test-site.ts";

let database: TestDatabase;
let owner: pg.Pool;
let service: pg.Pool;
let journal: SignInJournal;
let chain: JournalChain;

beforeEach(async () => {
  database = await freshDatabase({
    key: "idp",
    prepare: async ({ owner, service }) => {
      await migrate(owner, MIGRATIONS, { service: roleOf(service) });
    },
  });
  owner = poolOf(database.owner, 2);
  service = poolOf(database.service, 8);
  journal = new SignInJournal(service);
  chain = new JournalChain(service);
});
afterEach(async () => {
  await Promise.all([owner.end(), service.end()]);
  await database.drop();
});

function poolOf(connectionString: string, max: number): pg.Pool {
  // Its connections may still be ending when their database is dropped.
  return new pg.Pool({ connectionString, max }).on("error", () => {});
}

async function write(lines: number): Promise<void> {
  for (let n = 0; n < lines; n++)
    await journal.add({ kind: "signed_in", accountId: randomUUID(), clientId: "woippy", detail: { n } });
  await chain.chain();
}
const check = (known?: string) => checkJournal(database.owner, known);
const places = async () =>
  (await owner.query<{ seq: string | null }>("select seq from sign_in_event order by at, id")).rows.map(
    ({ seq }) => Number(seq),
  );
const logged = ({ seq, hash }: { seq: number; hash: Buffer }) => `${seq}:${hash.toString("hex")}`;

describe("lines are chained", () => {
  test("once each and without gaps, however many write and chain at once", async () => {
    const clients = Array.from({ length: 8 }, () => poolOf(database.service, 1));
    try {
      await Promise.all(
        clients.map(async (pool) => {
          for (let n = 0; n < 25; n++) {
            await new SignInJournal(pool).add({ kind: "refused", detail: { n } });
            if (n % 5 === 0) await new JournalChain(pool).chain(7);
          }
        }),
      );
    } finally {
      await Promise.all(clients.map((pool) => pool.end()));
    }
    expect((await check()).seq).toBe(200);
    expect((await places()).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
  });

  test("in the order of their time where they were added before the chaining", async () => {
    await write(30);
    expect(await places()).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
  });

  test("also those of a journal that was kept before there was a chain, and longer than a batch", async () => {
    await owner.query(
      `insert into sign_in_event (id, kind, at) select gen_random_uuid(), 'signed_in', now() - n * interval '1 minute'
        from generate_series(1, 2500) n`,
    );
    expect((await check()).seq).toBe(2500);
  });

  test("and an empty journal is whole", async () => {
    expect((await check()).seq).toBe(0);
  });
});

describe("what the owner of the database does to a line is found and the line named:", () => {
  const breaks: Record<string, { sql: string; found: RegExp }> = {
    "changed, in any of its columns": {
      sql: "update sign_in_event set account_id = gen_random_uuid() where seq = 7",
      found: /line 7: changed/,
    },
    "changed in its detail": {
      sql: `update sign_in_event set detail = '{"n": 6.0}' where seq = 7`,
      found: /line 7: changed/,
    },
    "changed in its time": {
      sql: "update sign_in_event set at = at + interval '1 microsecond' where seq = 1",
      found: /line 1: changed/,
    },
    "emptied where there was nothing": {
      sql: "update sign_in_event set address_key = '' where seq = 12",
      found: /line 12: changed/,
    },
    removed: { sql: "delete from sign_in_event where seq = 9", found: /line 9: removed/ },
    "removed from the beginning": {
      sql: "delete from sign_in_event where seq <= 3",
      found: /line 1: removed/,
    },
    "removed from the end": { sql: "delete from sign_in_event where seq >= 19", found: /line 19: removed/ },
    "removed, with the others moved up": {
      sql: `delete from sign_in_event where seq = 9;
        update sign_in_event set seq = -seq where seq > 9; update sign_in_event set seq = -seq - 1 where seq < 0`,
      found: /line 9: changed/,
    },
    "inserted in the middle": {
      sql: `update sign_in_event set seq = -seq where seq >= 5; update sign_in_event set seq = -seq + 1 where seq < 0;
        insert into sign_in_event (id, kind, seq, hash) values (gen_random_uuid(), 'signed_in', 5, sha256('x'))`,
      found: /line 5: changed/,
    },
    "inserted in the middle with a hash that fits": {
      sql: `update sign_in_event set seq = -seq where seq >= 5; update sign_in_event set seq = -seq + 1 where seq < 0;
        insert into sign_in_event (id, kind, seq, hash, at)
          select gen_random_uuid(), 'signed_in', 5, sha256('x'), at from sign_in_event where seq = 4;
        update sign_in_event e set hash = sign_in_event_hash((select hash from sign_in_event where seq = 4), e) where seq = 5`,
      found: /line 6: changed/,
    },
    "inserted behind the end": {
      sql: "insert into sign_in_event (id, kind, seq, hash) values (gen_random_uuid(), 'signed_in', 21, sha256('x'))",
      found: /line 21: inserted/,
    },
    "inserted before the beginning": {
      sql: "insert into sign_in_event (id, kind, seq, hash) values (gen_random_uuid(), 'signed_in', 0, sha256('x'))",
      found: /line 0: inserted/,
    },
    "added late with an earlier time": {
      sql: "insert into sign_in_event (id, kind, at) values (gen_random_uuid(), 'signed_in', now() - interval '1 hour')",
      found: /line 21: backdated/,
    },
    "exchanged with another": {
      sql: `update sign_in_event set seq = -1 where seq = 4; update sign_in_event set seq = 4 where seq = 14;
        update sign_in_event set seq = 14 where seq = -1`,
      found: /line 4: changed/,
    },
  };
  test.each(Object.entries(breaks))("%s", async (_, { sql, found }) => {
    await write(20);
    expect((await check()).seq).toBe(20);
    await owner.query(sql);
    await expect(check()).rejects.toThrow(found);
  });

  test("the whole chain made anew, by a line the log has named", async () => {
    await write(20);
    const seen = logged(await check());
    await write(5);
    await check(seen);
    await owner.query(`update sign_in_event set kind = 'refused' where seq = 3;
      update sign_in_event set seq = null, hash = null;
      update sign_in_chain set head_seq = 0, head_hash = start_hash`);
    expect((await check()).seq).toBe(25);
    await expect(check(seen)).rejects.toThrow(/line 20: rewritten/);
    await expect(check("20:abc")).rejects.toThrow(/not a line of the journal/);
  });
});

test("a running service gives a sign-in its place", async () => {
  await using idp = await startIdp();
  await idp.createAccount("camille@exemple.test");
  await (await TestSite.register(idp, "Woippy")).signIn(new Browser());
  const unchained = async () =>
    (await idp.sql.query("select kind from sign_in_event where seq is null")).rows;
  await expect.poll(unchained, { timeout: 30_000 }).toEqual([]);
  const { rows } = await idp.sql.query("select kind from sign_in_event order by seq");
  expect(rows.map(({ kind }) => kind)).toEqual(["account_created", "site_registered", "signed_in"]);
});

test("the service's role can neither read, change, remove, unchain nor place a line", async () => {
  await write(2);
  const refused = [
    "select 1 from sign_in_event",
    "update sign_in_event set kind = 'x'",
    "update sign_in_event set seq = null, hash = null",
    "delete from sign_in_event",
    "truncate sign_in_event",
    "insert into sign_in_event (id, kind, at) values (gen_random_uuid(), 'x', now() - interval '1 day')",
    "insert into sign_in_event (id, kind, seq, hash) values (gen_random_uuid(), 'x', 3, '')",
    "select 1 from sign_in_chain",
    "update sign_in_chain set head_seq = 0",
    "select forget_sign_in_events(now())",
    "create or replace function chain_sign_in_events(lines int) returns int language sql return 1",
  ];
  for (const sql of refused)
    await expect(service.query(sql), sql).rejects.toThrow(/permission denied|must be owner/);
  // A table of its own under the same name is not the one the functions write.
  const client = await service.connect();
  await client.query("set search_path = pg_temp, public").catch(() => {});
  await client.query("create temp table sign_in_chain (like_it boolean)").catch(() => {});
  expect((await client.query("select chain_sign_in_events(10) as chained")).rows).toEqual([{ chained: 0 }]);
  client.release(true);
  expect((await check()).seq).toBe(2);
});

test("old lines are forgotten by the owner, and the chain goes on from there and says so", async () => {
  await write(20);
  const seen = logged(await check());
  const gone = `1:${"0".repeat(64)}`;
  await expect(check(gone)).rejects.toThrow(/line 1: rewritten/);
  const { rows } = await owner.query("select at from sign_in_event where seq = 12");
  await owner.query("select forget_sign_in_events($1)", [new Date(rows[0].at.getTime() - 1)]);
  const head = await check(seen);
  expect(head.seq).toBe(21);
  await expect(check(gone)).rejects.toThrow(/line 1 was forgotten/);
  const { rows: kept } = await owner.query(
    "select min(seq)::int as first, max(kind) filter (where seq = 21) as last from sign_in_event",
  );
  expect(kept).toEqual([{ first: expect.any(Number), last: "forgotten" }]);
  await owner.query(`delete from sign_in_event where seq = ${kept[0].first}`);
  await expect(check()).rejects.toThrow(`line ${kept[0].first}: removed`);
});

test("a journal whose break is explained begins anew when all of it is forgotten", async () => {
  await write(20);
  await owner.query("delete from sign_in_event where seq in (5, 19, 20)");
  await expect(check()).rejects.toThrow(/line 5: removed/);
  await owner.query("select forget_sign_in_events(now() + interval '1 minute')");
  expect((await check()).seq).toBe(21);
  await write(3);
  expect((await check()).seq).toBe(24);
});

describe("a service that watches", () => {
  const lines: { level: number; msg: string; seq?: number; why?: string }[] = [];
  const log = createLog("idp", "silent");
  Object.assign(log, {
    info: (fields: object, msg: string) => lines.push({ level: 30, msg, ...fields }),
    error: (fields: object, msg: string) => lines.push({ level: 50, msg, ...fields }),
  });
  const HOUR = 60 * 60_000;

  test("names the head once an hour, and a break as soon as it walks by again", async () => {
    lines.length = 0;
    await write(20);
    const watch = new JournalWatch(chain, log, 0);
    await watch.step(0);
    await watch.step(5_000);
    expect(lines).toMatchObject([{ level: 30, seq: 20 }]);
    await write(3);
    await watch.step(10_000);
    expect(watch.broken).toBe(false);

    await owner.query("update sign_in_event set kind = 'refused' where seq = 4");
    await watch.step(20_000);
    expect(watch.broken).toBe(false);
    await watch.step(HOUR);
    await watch.step(HOUR + 5_000);
    expect(watch.broken).toBe(true);
    expect(lines.slice(1)).toMatchObject([{ level: 50, seq: 4, why: "changed" }]);
    await owner.query("update sign_in_event set kind = 'signed_in' where seq = 4");
    await watch.step(2 * HOUR);
    await watch.step(2 * HOUR + 5_000);
    expect(watch.broken).toBe(false);
  });

  test("sees that the whole chain was made anew, though it fits together", async () => {
    lines.length = 0;
    await write(20);
    const watch = new JournalWatch(chain, log, 0);
    await watch.step(0);
    await owner.query(`update sign_in_event set kind = 'refused' where seq = 3;
      update sign_in_event set seq = null, hash = null;
      update sign_in_chain set head_seq = 0, head_hash = start_hash`);
    expect((await check()).seq).toBe(20);
    await watch.step(5_000);
    expect(watch.broken).toBe(true);
  });
});
