import type { Transaction } from "../database.ts";
import { insertAuditEntry } from "./audit-repository.ts";
import type { Author } from "./author.ts";

/** What the audit keeps. Each has its words in `operations.journal.act.<act>`. */
export const ACTS = [
  "list.searched",
  "request.opened",
  "request.refused",
  "request.file-opened",
  "request.taken",
  "request.status-changed",
  "request.message-sent",
  "request.noted",
  "request.transferred",
  "request.filing-begun",
  "request.erased",
  "agent.signed-in",
  "agent.joined",
  "agent.invited",
  "agent.invited-again",
  "agent.deactivated",
  "agent.authorised",
  "agent.authorisation-withdrawn",
  "agent.reset-confirmed",
  "agent.reset-refused",
] as const;
export type Act = (typeof ACTS)[number];

interface AuditSubject {
  requestId?: string;
  details?: Record<string, string | number | boolean | null>;
}

/**
 * Records who saw or did what, in the transaction of the deed: what isn't recorded hasn't happened. The audit is append-only
 * (services may insert and read, nothing else) and belongs to the entity the agent acts for.
 * `details` never hold what a citizen wrote: the audit outlives it.
 */
export function recordAct(
  trx: Transaction,
  author: Author,
  act: Act,
  about: AuditSubject = {},
): Promise<void> {
  const { entity, agentId, name: agentName } = author;
  return insertAuditEntry(trx, { entity, agentId, agentName, act, ...subjectOf(about) });
}

/** The same, of what was done in an entity's name by nobody: a deadline that came. */
export function recordOwnAct(
  trx: Transaction,
  entity: string,
  act: Act,
  about: AuditSubject = {},
): Promise<void> {
  return insertAuditEntry(trx, { entity, agentId: null, agentName: null, act, ...subjectOf(about) });
}

function subjectOf({ requestId, details = {} }: AuditSubject) {
  return { requestId: requestId ?? null, details };
}
