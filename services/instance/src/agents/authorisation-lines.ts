import { authorisationGranted } from "@interco/contracts/events/authorisation-granted";
import { authorisationWithdrawn } from "@interco/contracts/events/authorisation-withdrawn";
import type { SeedAgent } from "@interco/contracts/instance-seed";
import { eventLine, type OutboxLine } from "@interco/platform/outbox";

/** What an authorised agent may do for their commune on shared requests; its administrators read there what its agents did, too. */
const rightsOf = (role: SeedAgent["role"]) => (role === "agent" ? ["process"] : ["process", "journal"]);

/** The commune's word that this agent may act for it on shared requests. `version` is a time in seconds: who speaks later is right. */
export function authorisationLine(
  agent: Pick<SeedAgent, "entity" | "agentId" | "role">,
  version: number,
): OutboxLine {
  return eventLine(authorisationGranted, {
    from: agent.entity,
    aggregate: agent.agentId,
    data: { version, agentId: agent.agentId, rights: rightsOf(agent.role) },
  });
}

/** The end of that word. */
export function withdrawalLine(agent: Pick<SeedAgent, "entity" | "agentId">, version: number): OutboxLine {
  const { entity, agentId } = agent;
  return eventLine(authorisationWithdrawn, { from: entity, aggregate: agentId, data: { version, agentId } });
}
