import { appendOutbox } from "@interco/platform/outbox";
import { recordAct } from "../audit/audit.ts";
import type { Database } from "../database.ts";
import type { Session } from "../sign-in/session.ts";
import type { Agent } from "./agent.ts";
import { bindAgent, findAgentSeats } from "./agent-repository.ts";
import { authorisationLine } from "./authorisation-lines.ts";

export interface SeatDeps {
  db: Database;
  config: { agglomeration: { entity: string } };
  nudge: () => void;
}

/**
 * The entities somebody works for on this instance. An invitation to their verified e-mail is bound to them for good
 * the first time they come: whoever later gets that address doesn't get their seat.
 */
export async function seatsOf(
  deps: SeatDeps,
  session: Pick<Session, "agentId" | "claims" | "seats">,
): Promise<Agent[]> {
  const { agentId, claims } = session;
  if (!agentId || claims.accountKind !== "professional") return [];
  const seats =
    session.seats ??
    (await findAgentSeats(deps.db, { agentId, email: claims.emailVerified ? claims.email : null }));
  const mine: Agent[] = [];
  for (const seat of seats) {
    if (seat.agentId === agentId || (await bindInvitation(deps, seat, agentId)))
      mine.push({ ...seat, agentId });
  }
  return mine;
}

/** Binds one invitation, and tells the agglomeration if it made an authorised agent. False where somebody was faster. */
async function bindInvitation(deps: SeatDeps, seat: Agent, agentId: string): Promise<boolean> {
  const bound = await deps.db.within({ entities: [seat.entity] }, async (trx) => {
    if (!(await bindAgent(trx, seat.entity, seat.email, agentId))) return false;
    const name = `${seat.givenName} ${seat.familyName}`;
    await recordAct(trx, { entity: seat.entity, agentId, name }, "agent.joined");
    if (seat.authorised && seat.entity !== deps.config.agglomeration.entity)
      await appendOutbox(trx, [
        authorisationLine({ entity: seat.entity, agentId, role: seat.role }, nowVersion()),
      ]);
    return true;
  });
  if (bound) deps.nudge();
  return bound;
}

/** Versions of what an entity says of its agents are times, in seconds: whoever speaks later is right. */
export function nowVersion(): number {
  return Math.floor(Date.now() / 1000);
}
