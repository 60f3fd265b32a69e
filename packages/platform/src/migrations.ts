import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Kysely, PostgresDialect, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import pg from "pg";
import { surviveLostConnections } from "./postgres.ts";

export interface MigrationRoles {
  service: string;
  worker?: string;
}

/** The role a connection URL signs in as. */
export function roleOf(url: string): string {
  return decodeURIComponent(new URL(url).username);
}

/**
 * Applies every `.sql` file of `folder`, in the order of their names, as the owner of the database.
 * In them `:service` and `:worker` stand for the (quoted) roles to grant to. Returns the names it applied.
 * Migrations only go forward: there is no `down`.
 */
export async function migrate(ownerUrl: string, folder: string, roles: MigrationRoles): Promise<string[]> {
  const pool = new pg.Pool({ connectionString: ownerUrl, max: 1 });
  surviveLostConnections(pool);
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    const migrations = await readMigrations(folder, roles);
    const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
    const { error, results } = await migrator.migrateToLatest();
    if (error) throw error;
    // The service asks which migrations ran before it serves.
    await sql.raw(`grant select on kysely_migration to ${quote(roles.service)}`).execute(db);
    return (results ?? []).filter((r) => r.status === "Success").map((r) => r.migrationName);
  } finally {
    await db.destroy();
  }
}

/** Throws when the database lacks a migration this program knows: a service never serves on an older schema. */
export async function requireCurrentSchema(pool: pg.Pool, folder: string): Promise<void> {
  const known = await migrationNames(folder);
  const applied = await pool
    .query<{ name: string }>("select name from kysely_migration")
    .then((r) => new Set(r.rows.map((row) => row.name)))
    .catch(() => new Set<string>());
  const missing = known.filter((name) => !applied.has(name));
  if (missing.length > 0)
    throw new Error(`the database lacks migrations: ${missing.join(", ")}; run the command "migrate"`);
}

async function migrationNames(folder: string): Promise<string[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => file.endsWith(".sql"))
    .map((file) => file.slice(0, -4))
    .sort();
}

async function readMigrations(folder: string, roles: MigrationRoles): Promise<Record<string, Migration>> {
  const migrations: Record<string, Migration> = {};
  for (const name of await migrationNames(folder)) {
    const text = (await readFile(join(folder, `${name}.sql`), "utf8"))
      .replaceAll(/(?<![:\w]):service\b/g, quote(roles.service))
      .replaceAll(/(?<![:\w]):worker\b/g, quote(roles.worker ?? roles.service));
    migrations[name] = { up: async (db) => void (await sql.raw(text).execute(db)) };
  }
  return migrations;
}

function quote(role: string): string {
  return pg.escapeIdentifier(role);
}
