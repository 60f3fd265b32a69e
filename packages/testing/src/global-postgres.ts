import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "@interco/operator/parts/embedded-postgres";
import { freePort } from "@interco/operator/parts/free-port";

/**
 * Vitest's global set-up: one PostgreSQL for the whole run, on a free port, gone at the end. Tests reach it
 * through `freshDatabase()`. `INTERCO_TEST_POSTGRES` given from outside (an administrator's URL) replaces it.
 */
export default async function globalPostgres(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.INTERCO_TEST_POSTGRES) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "interco-test-postgres-"));
  const { url, child } = await startPostgres({
    folder: join(folder, "postgres"),
    port: await freePort(),
    children: { run: join(folder, "run"), logs: join(folder, "logs") },
    // A crash of the machine would lose a test's data: nobody would miss it.
    settings: { fsync: "off", full_page_writes: "off", synchronous_commit: "off" },
  });
  process.env.INTERCO_TEST_POSTGRES = url;
  return async () => {
    delete process.env.INTERCO_TEST_POSTGRES;
    await child.stop(5_000);
    rmSync(folder, { recursive: true, force: true });
  };
}
