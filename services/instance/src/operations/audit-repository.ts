import { newId } from "@interco/platform/ids";
import type { Transaction } from "../database.ts";

/** Who saw or did what, in the name of which entity. */
export interface AuditEntry {
  entity: string;
  agentId: string | null;
  agentName: string | null;
  act: string;
  requestId: string | null;
  /** Never what a citizen wrote: the journal outlives it. */
  details: Record<string, unknown>;
}

/** Adds a line to the journal, in the transaction of what it tells; nothing ever changes or removes one. */
export async function insertAuditEntry(trx: Transaction, entry: AuditEntry): Promise<void> {
  await trx
    .insertInto("audit_entry")
    .values({
      id: newId(),
      entity: entry.entity,
      agent_id: entry.agentId,
      agent_name: entry.agentName,
      act: entry.act,
      request_id: entry.requestId,
      details: JSON.stringify(entry.details),
    })
    .execute();
}

/** A line of the audit as its journal shows it. */
export interface AuditLine {
  id: string;
  at: Date;
  agentId: string | null;
  agentName: string | null;
  act: string;
  /** Number of the request, where the entity still sees it. */
  number: string | null;
  details: Record<string, unknown>;
}

/** An entity's lines, newest first, from before the line `before`. Ids sort by time. */
export async function listAuditLines(
  trx: Transaction,
  entity: string,
  options: { before: string | undefined; agentId: string | undefined; limit: number },
): Promise<AuditLine[]> {
  let query = trx
    .selectFrom("audit_entry as a")
    .leftJoin("request_entity as r", (join) =>
      join.onRef("r.request_id", "=", "a.request_id").on("r.entity", "=", entity),
    )
    .select(["a.id", "a.at", "a.agent_id", "a.agent_name", "a.act", "a.details", "r.number"])
    .where("a.entity", "=", entity)
    .orderBy("a.id", "desc")
    .limit(options.limit);
  if (options.before) query = query.where("a.id", "<", options.before);
  if (options.agentId) query = query.where("a.agent_id", "=", options.agentId);
  return (await query.execute()).map((row) => ({
    id: row.id,
    at: row.at,
    agentId: row.agent_id,
    agentName: row.agent_name,
    act: row.act,
    number: row.number,
    details: row.details as Record<string, unknown>,
  }));
}

/** Who has lines in an entity's audit lately: what its filter offers. */
export async function listAuditedAgents(
  trx: Transaction,
  entity: string,
): Promise<{ agentId: string; name: string }[]> {
  const recent = trx
    .selectFrom("audit_entry")
    .select(["agent_id", "agent_name"])
    .where("entity", "=", entity)
    .orderBy("id", "desc")
    .limit(2_000)
    .as("recent");
  const rows = await trx
    .selectFrom(recent)
    .select(["agent_id", (eb) => eb.fn.max("agent_name").as("name")])
    .where("agent_id", "is not", null)
    .groupBy("agent_id")
    .orderBy("name")
    .execute();
  return rows.flatMap((row) => (row.agent_id ? [{ agentId: row.agent_id, name: row.name ?? "?" }] : []));
}
