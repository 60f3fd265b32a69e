import { migrate, roleOf } from "@interco/platform/migrations";
import pg from "pg";

import type { Config } from "../config.ts";
import { MIGRATIONS } from "../migrations-folder.ts";

/**
 * Brings the database to this program's schema, as its owner; then the job queue's own schema, which must belong to the
 * worker's role (graphile-worker under a role without rights silently runs nothing): that role may create in the database
 * only meanwhile. Returns the migrations it applied.
 */
export async function migrateInstance(config: Pick<Config, "database">): Promise<string[]> {
  const { owner, service, worker } = config.database;
  const applied = await migrate(owner, MIGRATIONS, { service: roleOf(service), worker: roleOf(worker) });
  const { runMigrations } = await import("graphile-worker");
  const client = new pg.Client({ connectionString: owner });
  await client.connect();
  const database = pg.escapeIdentifier(new URL(owner).pathname.slice(1));
  const role = pg.escapeIdentifier(roleOf(worker));
  try {
    await client.query(`grant create on database ${database} to ${role}`);
    await runMigrations({ connectionString: worker });
  } finally {
    await client.query(`revoke create on database ${database} from ${role}`);
    await client.end();
  }
  return applied;
}
