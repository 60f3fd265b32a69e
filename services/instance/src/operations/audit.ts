import type { Transaction } from "../database.ts";
import type { Author } from "../requests/timeline.ts";
import { insertAuditEntry } from "./audit-repository.ts";

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
  "agent.signed-in",
  "agent.joined",
  "agent.invited",
  "agent.deactivated",
  "agent.authorised",
  "agent.authorisation-withdrawn",
] as const;
export type Act = (typeof ACTS)[number];

/**
 * Records who saw or did what, in the transaction of the deed: what isn't recorded hasn't happened. The audit is append-only
 * (services may insert and read, nothing else) and belongs to the entity the agent acts for.
 * `details` never hold what a citizen wrote: the audit outlives it.
 */
export function recordAct(
  trx: Transaction,
  author: Author,
  act: Act,
  about: { requestId?: string; details?: Record<string, string | number | boolean | null> } = {},
): Promise<void> {
  return insertAuditEntry(trx, {
    entity: author.entity,
    agentId: author.agentId,
    agentName: author.name,
    act,
    requestId: about.requestId ?? null,
    details: about.details ?? {},
  });
}
