import { Refusal } from "../apply/add-commune.ts";
import { getHost } from "../apply/service-configs.ts";
import type { World } from "../apply/world.ts";
import { runServiceCommand } from "./service-program.ts";

/**
 * Has an entity ask the agglomeration for its whole projection again. Its instance writes the demand into its own
 * outbox and goes on serving what it has; the new generation replaces the old one when it is complete.
 *
 * @throws Refusal when the entity has no site here.
 */
export async function rebuildEntity(world: World, code: string): Promise<string> {
  const id = world.state.entities[code]?.id;
  if (!id || !world.federation.entities.some((entity) => entity.code === code)) {
    throw new Refusal(`${code} has no site in ${world.federation.name}: nothing was changed.`);
  }
  const { name } = getHost(world.federation, code);
  await runServiceCommand(world.folder, { name, program: "instance" }, ["rebuild", id]);
  return `${code} asked for its shared requests again: interco status shows what it has still to receive.`;
}
