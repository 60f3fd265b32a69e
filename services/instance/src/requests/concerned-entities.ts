import type { Bilingual } from "@interco/contracts/procedure";
import type { Entity } from "../sites/entity.ts";
import type { Relation, Request } from "./request.ts";

/** An entity that sees a request, and why, in one line. */
export interface Concern {
  entity: string;
  relation: Exclude<Relation, "gone">;
  reason: Bilingual;
}

type Find = (id: string) => Entity | undefined;

/**
 * Who is concerned by a request, from its owner, its place and who is in charge:
 * the entity in charge processes it; in triage the owner does; the communes of the place follow it.
 * What a partner or a commune without a site is in charge of stays with the owner, who records its answers.
 * Where a citizen came from gives no right to see.
 */
export function concernedEntities(
  request: Pick<Request, "entity" | "inCharge" | "communes">,
  why: Bilingual,
  find: Find,
): Concern[] {
  const concerns = new Map<string, Concern>();
  const inCharge = request.inCharge ? find(request.inCharge) : undefined;
  if (!request.inCharge) {
    concerns.set(request.entity, { entity: request.entity, relation: "triage", reason: why });
  } else {
    const here = inCharge?.siteUrl ? inCharge.id : request.entity;
    concerns.set(here, { entity: here, relation: "in_charge", reason: why });
  }
  for (const id of request.communes) {
    const commune = find(id);
    if (!commune?.siteUrl || concerns.has(id)) continue;
    concerns.set(id, {
      entity: id,
      relation: "place",
      reason: { fr: `se trouve à ${commune.name}`, en: `is in ${commune.name}` },
    });
  }
  return [...concerns.values()];
}
