import { readFileSync } from "node:fs";
import type { Federation, Official } from "@interco/contracts/federation";
import { parseDocument } from "yaml";
import { readFederation } from "../federation/federation-file.ts";
import { firstAdministrator, newcomer, takenNames } from "../federation/newcomer.ts";
import { findCommune } from "../federation/official-data.ts";
import { originOf } from "../state/addresses.ts";
import { writePrivately } from "../state/data-folder.ts";
import { apply } from "./apply.ts";
import { getHost } from "./service-configs.ts";
import type { World } from "./world.ts";

/** A request that can't be met; its message says why and what was left as it was. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

/**
 * Gives a commune of the territory its site, on an instance of its own or on the one named, by adding its lines
 * to federation.yaml and applying it. Other communes go on untouched: they learn of it from the agglomeration's
 * event. With `on`, that one instance is started again, for it listens on one more port.
 *
 * @throws Refusal when it can't be; federation.yaml is then as it was.
 */
export async function addCommune(
  world: World,
  code: string,
  { on, official }: { on?: string | undefined; official?: Official | undefined } = {},
): Promise<{ origin: string; email: string }> {
  const line = newLines(world, code, on, official);
  const before = readFileSync(world.folder.federation, "utf8");
  writePrivately(world.folder.federation, withLines(before, line));
  try {
    world.federation = readFederation(world.folder.federation);
    await apply(world);
  } catch (error) {
    writePrivately(world.folder.federation, before);
    world.federation = readFederation(world.folder.federation);
    const why = error instanceof Error ? error.message : String(error);
    throw new Refusal(
      `${line.name} has no site yet: ${why}\nfederation.yaml is as it was; the other sites were not touched.`,
    );
  }
  return { origin: originOf(world.state, code) ?? "", email: line.account.email };
}

function newLines(world: World, code: string, on: string | undefined, named: Official | undefined) {
  const { federation, official, state } = world;
  const commune = official.communes.find((member) => member.code === code);
  if (!commune) {
    const elsewhere = findCommune(code);
    throw new Refusal(
      elsewhere
        ? `${elsewhere.name} (${code}) is outside the territory of ${federation.name}: nothing was changed.`
        : `No commune has the code ${code}: nothing was changed.`,
    );
  }
  if (federation.entities.some((entity) => entity.code === code)) {
    const { name } = getHost(federation, code);
    throw new Refusal(`${commune.name} (${code}) already has its site, on ${name}: nothing was changed.`);
  }
  if (on !== undefined && !federation.instances.some((instance) => instance.name === on)) {
    const names = federation.instances.map((instance) => instance.name).join(", ");
    throw new Refusal(`There is no instance ${on} (there are ${names}): nothing was changed.`);
  }
  const entity = {
    ...newcomer(commune, takenNames(federation), state.entities[code]?.shortCode),
    ...(named ? { official: named } : {}),
  };
  if (on === undefined && federation.instances.some((instance) => instance.name === entity.slug)) {
    throw new Refusal(`An instance is already called ${entity.slug}: nothing was changed.`);
  }
  return { name: commune.name, entity, account: firstAdministrator(entity, commune), on };
}

/** Adds to the file as a person would: comments and order stay. */
function withLines(text: string, { entity, account, on }: ReturnType<typeof newLines>): string {
  const document = parseDocument(text);
  const federation = document.toJS() as Federation;
  document.addIn(["entities"], document.createNode(entity));
  if (on === undefined) {
    document.addIn(["instances"], document.createNode({ name: entity.slug, hosts: [entity.code] }));
  } else {
    const index = federation.instances.findIndex((instance) => instance.name === on);
    document.addIn(["instances", index, "hosts"], entity.code);
  }
  if (federation.accounts) document.addIn(["accounts"], document.createNode(account));
  else document.set("accounts", document.createNode([account]));
  return document.toString({ lineWidth: 0 });
}
