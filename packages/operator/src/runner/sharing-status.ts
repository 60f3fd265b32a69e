import { type SharingStatus, sharingStatus } from "@interco/platform/sharing-status";
import type { World } from "../apply/world.ts";
import { databaseUrls } from "../parts/database.ts";
import { databaseName } from "../state/addresses.ts";

/** How sharing does for every entity, by its id. Those of an instance whose database doesn't answer are absent. */
export async function federationSharing(world: World): Promise<Map<string, SharingStatus>> {
  const found = await Promise.all(
    world.federation.instances.map(async ({ name, hosts }) => {
      const own = world.state.instances[name];
      if (!own) return [];
      const ids = hosts.flatMap((code) => world.state.entities[code]?.id ?? []);
      const access = { name: databaseName(name), passwords: own.database };
      return sharingStatus(databaseUrls(world.parts.postgres, access).worker, ids).catch(() => []);
    }),
  );
  return new Map(found.flat().map((status) => [status.entity, status]));
}
