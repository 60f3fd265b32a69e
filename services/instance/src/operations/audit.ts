import type { Transaction } from "../database.ts";
import type { Author } from "../requests/timeline.ts";
import { addAuditEntry } from "./audit-repository.ts";

/** What agents' pages record. Sign-in adds its own; all have their words in `journal.act.<act>`. */
export type Act =
  | "list.searched"
  | "request.opened"
  | "request.refused"
  | "request.file-opened"
  | "request.taken"
  | "request.status-changed"
  | "request.message-sent"
  | "request.noted"
  | "request.transferred"
  | "request.filed";

/**
 * Records who saw or did what, in the transaction of the deed: what isn't recorded hasn't happened. The audit is append-only
 * (services may insert and read, nothing else) and belongs to the entity the agent acts for.
 */
export function recordAct(
  trx: Transaction,
  author: Author,
  act: Act,
  about: { requestId?: string; details?: Record<string, string | number | boolean | null> } = {},
): Promise<void> {
  return addAuditEntry(trx, {
    entity: author.entity,
    agentId: author.agentId,
    agentName: author.name,
    act,
    ...about,
  });
}
