import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate, roleOf } from "@interco/platform/migrations";
import { freshDatabase } from "@interco/testing/postgres";
import { describeSchema } from "@interco/testing/schema";
import { expect, it } from "vitest";
import { releasedMigrations } from "../../../deploy/generate/released-migrations.ts";
import { tableTypes } from "../../../deploy/generate/table-types.ts";
import { MIGRATIONS } from "../src/migrations-folder.ts";
import { createTestInstance } from "./test-instance.ts";

const root = join(import.meta.dirname, "../../..");

it("is typed as its migrations make it: run `npm run generate`", async () => {
  await using instance = await createTestInstance();
  const committed = readFileSync(join(root, "services/instance/src/schema.ts"), "utf8");
  expect(await tableTypes(instance.database.owner)).toBe(committed);
});

it("is the same for a town that has followed every release as for one that starts today", async () => {
  await using followed = await freshDatabase();
  await using fresh = await freshDatabase();
  const roles = { service: roleOf(fresh.service), worker: roleOf(fresh.worker) };
  const folder = mkdtempSync(join(tmpdir(), "interco-migrations-"));
  for (const name of readdirSync(MIGRATIONS).filter((one) => one.endsWith(".sql"))) {
    copyFileSync(join(MIGRATIONS, name), join(folder, name));
    expect(await migrate(followed.owner, folder, roles)).toEqual([name.slice(0, -4)]);
  }
  rmSync(folder, { recursive: true });
  await migrate(fresh.owner, MIGRATIONS, roles);
  expect(await describeSchema(followed.admin)).toEqual(await describeSchema(fresh.admin));
});

it.each([...releasedMigrations()])(
  "%s lists every migration, and none has changed since",
  (path, content) => {
    expect(readFileSync(join(root, path), "utf8")).toBe(content);
  },
);
