import { appendOutbox, type OutboxLine } from "@interco/platform/outbox";
import { listTeams, lockAuthorisations } from "../agents/agent-repository.ts";
import { authorisationLine, withdrawalLine } from "../agents/authorisation-lines.ts";
import type { Deps } from "../deps.ts";
import { asTerritoryEntity, procedureLine, profileLine, teamLine, territoryLine } from "./announce.ts";

/** Says again all an entity had told the agglomeration: what JetStream held of it was lost. */
export async function sayEntityAgain(deps: Deps, id: string): Promise<void> {
  const entity = deps.territory.getById(id);
  const version = Math.floor(Date.now() / 1000);
  const teams = await listTeams(deps.db, id);
  await deps.db.within({ entities: [id] }, async (trx) => {
    const lines: OutboxLine[] = [profileLine(asTerritoryEntity(entity), version)];
    for (const team of teams) lines.push(teamLine({ entity: id, ...team }, version));
    // A withdrawal that was lost would leave its agent in: each is said again, as each grant.
    for (const { agentId, role, authorised } of await lockAuthorisations(trx, id))
      lines.push((authorised ? authorisationLine : withdrawalLine)({ entity: id, agentId, role }, version));
    await appendOutbox(trx, lines);
  });
  deps.nudge();
}

/** Says again what the agglomeration tells all: the territory and its procedures. */
export async function sayCatalogueAgain(deps: Deps): Promise<void> {
  const { agglomeration, entities } = deps.territory;
  const version = Math.floor(Date.now() / 1000);
  const lines: OutboxLine[] = [
    territoryLine(asTerritoryEntity(agglomeration), entities.map(asTerritoryEntity), version),
  ];
  const procedures = await deps.procedures.list(agglomeration.id);
  for (const [position, { definition }] of procedures.entries()) {
    if (definition.kind !== "local")
      lines.push(procedureLine(agglomeration.id, definition, deps.config.agglomeration.origin, position));
  }
  await deps.db.within({ entities: [agglomeration.id] }, (trx) => appendOutbox(trx, lines));
  deps.nudge();
}
