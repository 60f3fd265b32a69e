import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate, roleOf } from "@interco/platform/migrations";
import { freshDatabase } from "@interco/testing/postgres";
import { describeSchema } from "@interco/testing/schema";
import { expect, it } from "vitest";
import { MIGRATIONS } from "../src/config.ts";

it("is the same for a territory that has followed every release as for one that starts today", async () => {
  await using followed = await freshDatabase();
  await using fresh = await freshDatabase();
  const roles = { service: roleOf(fresh.service) };
  const folder = mkdtempSync(join(tmpdir(), "interco-migrations-"));
  for (const name of readdirSync(MIGRATIONS).filter((one) => one.endsWith(".sql"))) {
    copyFileSync(join(MIGRATIONS, name), join(folder, name));
    expect(await migrate(followed.owner, folder, roles)).toEqual([name.slice(0, -4)]);
  }
  rmSync(folder, { recursive: true });
  await migrate(fresh.owner, MIGRATIONS, roles);
  expect(await describeSchema(followed.admin)).toEqual(await describeSchema(fresh.admin));
});
