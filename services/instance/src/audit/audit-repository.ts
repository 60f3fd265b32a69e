import { newId } from "@interco/platform/ids";
import { sql } from "kysely";
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

/** A line of the audit as a journal shows it. */
export interface AuditLine {
  id: string;
  at: Date;
  /** The entity it was done in the name of. */
  entity: string;
  agentId: string | null;
  agentName: string | null;
  act: string;
  /** Number of the request, where the reader's entity still sees it. */
  number: string | null;
  /** Empty in what was done for another entity. */
  details: Record<string, unknown>;
}

/** Whose lines a journal shows: its reader's own entity's, all of them; of `guests`, only what concerns that entity. */
export interface JournalReader {
  entity: string;
  /** Entities without a home on this instance, whose agents work here as guests. */
  guests: readonly string[];
}

/** That they came, and that they asked for what isn't theirs: whoever runs an instance must know it. Nothing else of them. */
const GUESTS_ACTS = ["agent.signed-in", "request.refused"];

/**
 * Lines, newest first, from before the line `before`: ids sort by time. Each entity's are read from the end of its own piece of the
 * index (and a request's row by its key: `exists` would be hashed, by reading every request there is). Of a guest's entity, those of requests the reader's entity processes now, and nothing they searched or opened elsewhere.
 */
export function visibleLines(
  { entity, guests }: JournalReader,
  options: { before?: string | undefined; agentId?: string | undefined; limit: number },
) {
  const before = options.before ? sql`and a.id < ${options.before}::uuid` : sql``;
  const agent = options.agentId ? sql`and a.agent_id = ${options.agentId}` : sql``;
  return sql`
    select line.* from unnest(${[entity, ...guests]}::text[]) as of (entity) cross join lateral (
      select a.id, a.at, a.entity, a.agent_id, a.agent_name, a.act, a.request_id,
        case when a.entity = ${entity} then a.details else '{}' end as details
      from audit_entry a
      where a.entity = of.entity ${before} ${agent} and (
        a.entity = ${entity} or a.act = any (${GUESTS_ACTS}) or (
          select r.relation from request_entity r where r.entity = ${entity} and r.request_id = a.request_id
        ) in ('in_charge', 'triage'))
      order by a.id desc limit ${options.limit}) line
    order by line.id desc limit ${options.limit}`;
}

/** What a journal shows. The transaction's scope must hold the reader's entity and its guests'. */
export async function listAuditLines(
  trx: Transaction,
  reader: JournalReader,
  options: { before: string | undefined; agentId: string | undefined; limit: number },
): Promise<AuditLine[]> {
  const { rows } = await sql<{
    id: string;
    at: Date;
    entity: string;
    agent_id: string | null;
    agent_name: string | null;
    act: string;
    details: Record<string, unknown>;
    number: string | null;
  }>`
    select l.*, r.number from (${visibleLines(reader, options)}) l
    left join request_entity r on r.entity = ${reader.entity} and r.request_id = l.request_id
    order by l.id desc`.execute(trx);
  return rows.map((row) => ({
    id: row.id,
    at: row.at,
    entity: row.entity,
    agentId: row.agent_id,
    agentName: row.agent_name,
    act: row.act,
    number: row.number,
    details: row.details,
  }));
}

/** Who has lines in a journal lately: what its filter offers. */
export async function listAuditedAgents(
  trx: Transaction,
  reader: JournalReader,
): Promise<{ agentId: string; name: string }[]> {
  const { rows } = await sql<{ agent_id: string; name: string | null }>`
    select agent_id, max(agent_name) as name from (${visibleLines(reader, { limit: 500 })}) recent
    where agent_id is not null group by agent_id order by name`.execute(trx);
  return rows.map((row) => ({ agentId: row.agent_id, name: row.name ?? "?" }));
}
