import { join } from "node:path";
import { Refusal } from "../apply/add-commune.ts";
import { getHost, hubOf } from "../apply/service-configs.ts";
import type { World } from "../apply/world.ts";
import { runServiceCommand } from "../processes/service-program.ts";

/**
 * Has an entity ask the agglomeration for its whole projection again. Its instance writes the demand into its own
 * outbox and goes on serving what it has; the new generation replaces the old one when it is complete.
 *
 * @throws Refusal when the entity has no site here.
 */
export async function rebuildEntity(world: World, code: string): Promise<string> {
  await commandOf(world, code, "rebuild");
  const log = join(world.folder.logs, `${hubOf(world.federation).name}.log`);
  return `${code} asked for its shared requests again: interco status shows what it has still to receive. If nothing comes, it asked too often: the agglomeration says so in ${log} (digest_refused).`;
}

/**
 * Has an entity's instance apply again the events it refused, once what was wrong is repaired. Those that fail again
 * stay refused; those that spoke in another's name are dropped.
 *
 * @throws Refusal when the entity has no site here.
 */
export async function replayRefused(world: World, code: string): Promise<string> {
  const outcome = await commandOf(world, code, "replay");
  const { replayed, dropped, left } = JSON.parse(outcome) as Record<string, number>;
  return `${code}: ${replayed} applied, ${dropped} dropped as forged, ${left} still refused.`;
}

async function commandOf(world: World, code: string, command: "rebuild" | "replay"): Promise<string> {
  const id = world.state.entities[code]?.id;
  if (!id || !world.federation.entities.some((entity) => entity.code === code)) {
    throw new Refusal(`${code} has no site in ${world.federation.name}: nothing was changed.`);
  }
  const { name } = getHost(world.federation, code);
  return await runServiceCommand(world.folder, { name, program: "instance" }, [command, id]);
}
