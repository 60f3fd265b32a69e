import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { generatedFiles } from "@interco/operator/generate";
import { databaseUrls, ensureDatabase } from "@interco/operator/parts/database";
import { startPostgres } from "@interco/operator/parts/embedded-postgres";
import { freePort } from "@interco/operator/parts/free-port";
import { migrateInstance } from "../services/instance/src/operations/migrate-instance.ts";
import { problemsDocument } from "./generate/problems.ts";
import { releasedMigrations } from "./generate/released-migrations.ts";
import { tableTypes } from "./generate/table-types.ts";

/**
 * `npm run generate`: writes the files that are made from the code. With `--check`, writes nothing and fails when
 * one is stale. Tests check the same, each beside what it is made from.
 */
const root = join(import.meta.dirname, "..");
const checking = process.argv.includes("--check");
const files = new Map([
  ...generatedFiles(),
  ["docs/generated/problems.md", problemsDocument()],
  ["services/instance/src/schema.ts", await instanceTables()],
  ...releasedMigrations(),
]);

for (const [path, content] of files) {
  const file = join(root, path);
  if (current(file) === content) continue;
  console.log(`${checking ? "stale" : "written"}: ${path}`);
  if (checking) process.exitCode = 1;
  else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

function current(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** Read in a database that the migrations have just made, on a PostgreSQL started for it. */
async function instanceTables(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "interco-generate-"));
  const { url, child } = await startPostgres({
    folder: join(folder, "postgres"),
    port: await freePort(),
    children: { run: join(folder, "run"), logs: join(folder, "logs") },
  });
  try {
    const access = { name: "generate", passwords: { owner: "owner", service: "service", worker: "worker" } };
    await ensureDatabase(url, access);
    const database = databaseUrls(url, access);
    await migrateInstance({ database });
    return await tableTypes(database.owner);
  } finally {
    await child.stop(5_000);
    rmSync(folder, { recursive: true, force: true });
  }
}
