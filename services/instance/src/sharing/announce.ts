import { procedurePublished } from "@interco/contracts/events/procedure-published";
import { profileChanged } from "@interco/contracts/events/profile-changed";
import { teamChanged } from "@interco/contracts/events/team-changed";
import { territoryChanged } from "@interco/contracts/events/territory-changed";
import type { InstanceSeed, SeedTeam, TerritoryEntity } from "@interco/contracts/instance-seed";
import type { ProcedureDefinition } from "@interco/contracts/procedure";
import { appendOutbox, eventLine, type OutboxLine } from "@interco/platform/outbox";
import { authorisationLine } from "../agents/authorisation-lines.ts";
import type { Config } from "../config.ts";
import type { Transaction } from "../database.ts";
import { listSharedDefinitions } from "../procedures/procedure-repository.ts";
import type { SeedChanges } from "../seed.ts";
import type { Entity } from "../sites/entity.ts";
import { listEntities } from "../sites/entity-repository.ts";

/**
 * Tells the other instances what a seed changed: the agglomeration its catalogue and its territory, a commune its
 * profile and whom it authorised. Versions are times: whoever speaks later is right.
 */
export async function announce(
  trx: Transaction,
  config: Config,
  seed: InstanceSeed,
  changes: SeedChanges,
): Promise<void> {
  const version = Math.floor(Date.now() / 1000);
  const hosted = new Set(seed.hosted);
  const lines: OutboxLine[] = [];
  const agglomeration = seed.territory.find((entity) => entity.kind === "agglomeration");
  // As they are now, not as the seed says: what entities said of themselves stays.
  const territory = changes.entities.length > 0 ? (await listEntities(trx)).map(asTerritoryEntity) : [];
  if (agglomeration && hosted.has(agglomeration.id)) {
    if (territory.length > 0) lines.push(territoryLine(agglomeration, territory, version));
    // A commune that joins finds in the stream what was said these seven days only: the whole catalogue is said again.
    if (changes.entities.length + changes.procedures.length > 0) {
      const offered = await listSharedDefinitions(trx, agglomeration.id);
      for (const [position, procedure] of offered.entries())
        lines.push(procedureLine(agglomeration.id, procedure, config.agglomeration.origin, position));
    }
  }
  for (const entity of territory) {
    const speaks = hosted.has(entity.id) && entity.kind === "commune" && changes.entities.includes(entity.id);
    if (speaks) lines.push(profileLine(entity, version));
  }
  for (const team of changes.teams)
    if (team.entity !== agglomeration?.id) lines.push(teamLine(team, version));
  for (const agent of changes.agents)
    if (agent.authorised && agent.entity !== agglomeration?.id) lines.push(authorisationLine(agent, version));
  await appendOutbox(trx, lines);
}

/** An entity as a seed describes it. */
export function asTerritoryEntity(entity: Entity): TerritoryEntity {
  const { brand, logoSvg, mailSender, shortName, hosted: _, ...same } = entity;
  return {
    ...same,
    theme: { brand, logoSvg },
    ...(shortName ? { shortName } : {}),
    ...(mailSender ? { mailSender } : {}),
  };
}

export function territoryLine(
  from: TerritoryEntity,
  territory: readonly TerritoryEntity[],
  version: number,
): OutboxLine {
  const entities = territory.map((entity) => ({
    id: entity.id,
    code: entity.code,
    kind: entity.kind,
    name: entity.name,
    fullName: entity.fullName,
    shortName: entity.shortName ?? null,
    liaison: entity.liaison,
    shortCode: entity.shortCode,
    siteUrl: entity.siteUrl,
    postalCodes: entity.postalCodes,
    brand: entity.theme.brand,
  }));
  return eventLine(territoryChanged, { from: from.id, aggregate: "territory", data: { version, entities } });
}

/** How a team of an entity is called and reached: what the agglomeration's tables and letters name. */
export function teamLine({ entity, code, name, email }: SeedTeam, version: number): OutboxLine {
  return eventLine(teamChanged, {
    from: entity,
    aggregate: `${entity}-${code}`,
    data: { version, code, name, email, active: true },
  });
}

/** The event that puts an agglomeration's procedure on every portal. */
export function procedureLine(
  from: string,
  definition: ProcedureDefinition,
  origin: string,
  position = 0,
): OutboxLine {
  const words = [...(definition.keywords?.fr ?? []), ...(definition.keywords?.en ?? [])];
  return eventLine(procedurePublished, {
    from,
    aggregate: definition.slug,
    data: {
      version: Math.floor(Date.now() / 1000),
      slug: definition.slug,
      kind: definition.kind === "shared" ? "shared" : "intercommunal",
      title: definition.title,
      summary: definition.summary,
      category: definition.category,
      icon: definition.icon,
      keywords: words.join(" "),
      position,
      url: `${origin}/demarches/${definition.slug}`,
      active: true,
    },
  });
}

export function profileLine(entity: TerritoryEntity, version: number): OutboxLine {
  return eventLine(profileChanged, {
    from: entity.id,
    aggregate: entity.id,
    data: {
      version,
      name: entity.name,
      fullName: entity.fullName,
      shortName: entity.shortName ?? null,
      liaison: entity.liaison,
      theme: entity.theme,
      contact: entity.contact,
      siteUrl: entity.siteUrl,
      mailSender: entity.mailSender ?? null,
    },
  });
}
