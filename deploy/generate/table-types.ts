import { Kysely, PostgresDialect } from "kysely";
import { generate, getDialect } from "kysely-codegen";
import pg from "pg";

/** The TypeScript of an instance's tables, read in a migrated database: `services/instance/src/schema.ts`. */
export async function tableTypes(url: string): Promise<string> {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  // A pool's end doesn't wait for its connections': the server, stopped next, may still refuse one, and unhandled that ends the process.
  pool.on("error", () => {});
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    return await generate({
      db,
      dialect: await getDialect("postgres"),
      includePattern: "public.*",
      excludePattern: "public.kysely_*",
      typeMapping: { json: "unknown", jsonb: "unknown", int8: "number" },
      outFile: null,
    });
  } finally {
    await db.destroy();
  }
}
