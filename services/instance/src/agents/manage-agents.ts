import { appendOutbox, jobLine } from "@interco/platform/outbox";
import { Problem } from "@interco/platform/problem";
import { type Act, recordAct } from "../audit/audit.ts";
import type { Transaction } from "../database.ts";
import { endAgentSessions } from "../sign-in/session-repository.ts";
import type { ActingAgent } from "./acting-agent.ts";
import type { Agent } from "./agent.ts";
import { inviteAgent, lockAgent, setAgent } from "./agent-repository.ts";
import { nowVersion, type SeatDeps } from "./agent-seats.ts";
import { authorisationLine, withdrawalLine } from "./authorisation-lines.ts";

/** Who is invited: known by their verified e-mail until they come. */
export type Invitation = Pick<Agent, "email" | "givenName" | "familyName" | "role" | "teams" | "authorised">;

/**
 * Invites somebody to work for the administrator's entity: the identity provider writes to them, as soon as it can be reached. A
 * former agent is invited again, and bound again at their next sign-in. Throws `agent.already-there` (409).
 */
export async function invite(deps: SeatDeps, admin: ActingAgent, invitation: Invitation): Promise<void> {
  const entity = entityOf(admin);
  const email = invitation.email.trim().toLowerCase();
  // Running the instance is not an entity's to give.
  const role = invitation.role === "admin" ? "admin" : "agent";
  const wanted = { ...invitation, email, role } as const;
  await deps.db.within({ entities: [entity] }, async (trx) => {
    const known = await lockAgent(trx, entity, email);
    if (known?.active) throw new Problem("agent.already-there", { status: 409, params: { email } });
    if (known) await setAgent(trx, known, { ...wanted, agentId: null, active: true });
    else {
      await inviteAgent(trx, {
        ...wanted,
        entity,
        agentId: null,
      });
    }
    await tell(trx, entity, email);
    await recordAct(trx, admin.author, "agent.invited", { details: { email, role } });
  });
  deps.nudge();
}

/** Sends an invitation again: its mail went astray, or its link is too old. Not to who has come. Throws `agent.unknown` (404). */
export async function inviteAgain(deps: SeatDeps, admin: ActingAgent, email: string): Promise<void> {
  await change(deps, admin, email, "agent.invited-again", async (trx, agent) => {
    if (agent.agentId) return false;
    await setAgent(trx, agent, { active: true });
    await tell(trx, agent.entity, agent.email);
    return true;
  });
}

/**
 * Authorises an agent to act for the entity on shared requests, or withdraws it; the agglomeration is told by an `ENTITY` event.
 * One invited and not yet come is announced when they do. Says nothing twice. Throws `agent.unknown` (404).
 */
export async function authorise(
  deps: SeatDeps,
  admin: ActingAgent,
  email: string,
  authorised: boolean,
): Promise<void> {
  await change(
    deps,
    admin,
    email,
    authorised ? "agent.authorised" : "agent.authorisation-withdrawn",
    async (trx, agent) => {
      if (agent.authorised === authorised) return false;
      await setAgent(trx, agent, { authorised });
      await announce(deps, trx, agent, authorised);
      return true;
    },
  );
}

/**
 * Ends somebody's work for the entity at once: their authorisation and their sessions here too, or their invitation. The identity
 * provider is told that the entity's word is over; what other entities say is theirs. Nobody does it to themselves
 * (`agent.yourself`, 409): an entity always keeps an administrator.
 */
export async function deactivate(deps: SeatDeps, admin: ActingAgent, email: string): Promise<void> {
  await change(deps, admin, email, "agent.deactivated", async (trx, agent) => {
    if (agent.agentId === admin.author.agentId) throw new Problem("agent.yourself", { status: 409 });
    await setAgent(trx, agent, { active: false, authorised: false });
    if (agent.authorised) await announce(deps, trx, agent, false);
    if (agent.agentId) await endAgentSessions(trx, agent.entity, agent.agentId);
    await tell(trx, agent.entity, agent.email);
    return true;
  });
}

async function change(
  deps: SeatDeps,
  admin: ActingAgent,
  email: string,
  act: Act,
  make: (trx: Transaction, agent: Agent) => Promise<boolean>,
): Promise<void> {
  const entity = entityOf(admin);
  await deps.db.within({ entities: [entity] }, async (trx) => {
    const agent = await lockAgent(trx, entity, email);
    if (!agent?.active) throw new Problem("agent.unknown", { status: 404 });
    if (await make(trx, agent)) await recordAct(trx, admin.author, act, { details: { email: agent.email } });
  });
  deps.nudge();
}

/** The identity provider is told by a job: that it doesn't answer keeps no administrator waiting, and no word from being said. */
async function tell(trx: Transaction, entity: string, email: string): Promise<void> {
  const payload = { entity, email };
  await appendOutbox(trx, [
    jobLine({ entity, aggregate: entity, version: 1, jobs: [{ task: "agent-word", payload }] }),
  ]);
}

/** The agglomeration's own agents need no authorisation on its instance, and who never came has no id to name. */
async function announce(
  deps: SeatDeps,
  trx: Transaction,
  { entity, agentId, role }: Agent,
  granted: boolean,
): Promise<void> {
  if (!agentId || entity === deps.config.agglomeration.entity) return;
  const version = nowVersion();
  const line = granted
    ? authorisationLine({ entity, agentId, role }, version)
    : withdrawalLine({ entity, agentId }, version);
  await appendOutbox(trx, [line]);
}

/** The entity whose agents this administrator manages: their employer's, never one they are received for. */
function entityOf(admin: ActingAgent): string {
  if (!admin.seat || !admin.rights.includes("administer"))
    throw new Problem("access.not-admin", { status: 403 });
  return admin.seat.entity;
}
