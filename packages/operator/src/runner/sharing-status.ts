import pg from "pg";
import { databaseName } from "../apply/addresses.ts";
import type { World } from "../apply/world.ts";
import { databaseUrls } from "../parts/database.ts";

/** How an entity's copy of the shared requests is doing, as its own instance keeps it. */
export interface SharingStatus {
  /** Events refused five times, not replayed since. */
  dead: number;
  /** When its digest was last compared with the source; null: not yet. */
  compared: string | null;
}

/**
 * Reads it, entity id by entity id, as the service's own role. An instance whose database doesn't answer is
 * absent from the map.
 */
export async function sharingStatus(world: World): Promise<Map<string, SharingStatus>> {
  const found = await Promise.all(
    world.federation.instances.map(({ name, hosts }) => {
      const ids = hosts.flatMap((code) => world.state.entities[code]?.id ?? []);
      return instanceStatus(world, name, ids).catch(() => []);
    }),
  );
  return new Map(found.flat());
}

async function instanceStatus(world: World, name: string, ids: string[]): Promise<[string, SharingStatus][]> {
  const own = world.state.instances[name];
  if (!own) return [];
  const { service } = databaseUrls(world.parts.postgres, {
    name: databaseName(name),
    passwords: own.database,
  });
  const client = new pg.Client({ connectionString: service, connectionTimeoutMillis: 2_000 });
  await client.connect();
  try {
    await client.query("select set_config('interco.entities', $1, false)", [ids.join(",")]);
    const { rows } = await client.query<{ id: string; dead: number; compared: Date | null }>(
      `select e.id, (select compared_at from projection_state p where p.entity = e.id) as compared,
         (select count(*)::int from inbox_dead d where d.entity = e.id and d.replayed_at is null) as dead
       from unnest($1::text[]) as e (id)`,
      [ids],
    );
    return rows.map((row) => [row.id, { dead: row.dead, compared: row.compared?.toISOString() ?? null }]);
  } finally {
    await client.end();
  }
}
