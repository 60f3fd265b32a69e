import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "@interco/platform/ids";
import { migrate, roleOf } from "@interco/platform/migrations";
import { freshDatabase } from "@interco/testing/postgres";
import pg from "pg";
import { expect, it } from "vitest";
import { MIGRATIONS } from "../migrations-folder.ts";

it("keeps the events a town has refused when their shape changes, and takes requests' names out of old proofs", async () => {
  await using database = await freshDatabase();
  const roles = { service: roleOf(database.service), worker: roleOf(database.worker) };
  const before = mkdtempSync(join(tmpdir(), "interco-migrations-"));
  for (const name of readdirSync(MIGRATIONS).filter((one) => one.endsWith(".sql") && one < "0007"))
    copyFileSync(join(MIGRATIONS, name), join(before, name));
  await migrate(database.owner, before, roles);
  rmSync(before, { recursive: true });
  const admin = new pg.Client({ connectionString: database.admin });
  await admin.connect();
  const refuse = (subject: string, payload: unknown) =>
    admin.query(
      "insert into inbox_dead (event_id, entity, aggregate, subject, payload, error, attempts) values ($1, 'hub', 'a', $2, $3, '', 5)",
      [newId(), subject, JSON.stringify(payload)],
    );
  await refuse("entity.w0ippyaaaaaa.team.changed", { id: 1 });
  await refuse("shared.w0ippyaaaaaa.a.changed", "not JSON");
  await admin.query(
    `insert into letter (id, entity, sender_entity, kind, recipient, subject, text_body, html_body)
     select gen_random_uuid(), 'hub', 'w0ippyaaaaaa', kind, 'team@woippy.test', kind, 'Tag – rue du Fort', 'Tag – rue du Fort'
     from unnest('{agents-new-many,other}'::text[]) as kind`,
  );

  await migrate(database.owner, MIGRATIONS, roles);
  const dead = await admin.query<{ speaker: string; payload: string }>(
    "select speaker, payload from inbox_dead order by id",
  );
  expect(dead.rows.map(({ speaker, payload }) => [speaker, JSON.parse(payload)])).toEqual([
    ["w0ippyaaaaaa", { id: 1 }],
    ["", "not JSON"],
  ]);
  const letters = await admin.query("select kind, text_body, html_body from letter order by kind");
  expect(letters.rows).toEqual([
    { kind: "agents-new-many", text_body: "", html_body: "" },
    { kind: "other", text_body: "Tag – rue du Fort", html_body: "Tag – rue du Fort" },
  ]);
  const forced = await admin.query(
    "select relforcerowsecurity as forced from pg_class where relname = 'letter'",
  );
  expect(forced.rows).toEqual([{ forced: true }]);
  await admin.end();
});
