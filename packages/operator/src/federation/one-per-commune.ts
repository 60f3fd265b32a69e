import type { Federation } from "@interco/contracts/federation";
import { newcomer, takenNames } from "./newcomer.ts";
import type { OfficialAgglomeration } from "./official-data.ts";

/** The same federation under the model "one instance for each": every commune of the territory has its own. */
export function onePerCommune(federation: Federation, official: OfficialAgglomeration): Federation {
  const entities = [...federation.entities];
  const taken = takenNames(federation);
  for (const commune of official.communes) {
    if (entities.some((entity) => entity.code === commune.code)) continue;
    const entity = newcomer(commune, taken);
    taken.slugs.add(entity.slug);
    taken.shortCodes.add(entity.shortCode);
    entities.push(entity);
  }
  const instances = entities.map((entity) => ({ name: entity.slug, hosts: [entity.code] }));
  return { ...federation, instances, entities };
}
