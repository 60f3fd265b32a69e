import { sql } from "kysely";
import type { Transaction } from "../database.ts";
import type { Request, TimelineEntry } from "./request.ts";

/** The timeline, oldest first: only the lines this transaction's scope may read. */
export async function listTimeline(trx: Transaction, requestId: string): Promise<TimelineEntry[]> {
  const rows = await trx
    .selectFrom("request_event")
    .selectAll()
    .where("request_id", "=", requestId)
    .orderBy("at")
    .orderBy("id")
    .execute();
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind as TimelineEntry["kind"],
    at: row.at,
    authorEntity: row.author_entity,
    authorAgent: row.author_agent,
    authorName: row.author_name,
    visibility: row.visibility as TimelineEntry["visibility"],
    body: row.body,
    details: row.details as TimelineEntry["details"],
  }));
}

/** Adds lines to a timeline without changing the request: an internal note tells nobody. */
export async function addEntries(
  trx: Transaction,
  request: Pick<Request, "id" | "entity">,
  entries: readonly TimelineEntry[],
): Promise<void> {
  await sql`insert into request_event select * from jsonb_populate_recordset(null::request_event, ${entryRows([{ request, entries }])}::jsonb)`.execute(
    trx,
  );
}

/** The JSON of timelines' lines, by column: for a statement that writes them with the rest of a change. */
export function entryRows(
  written: readonly { request: Pick<Request, "id" | "entity">; entries: readonly TimelineEntry[] }[],
): string {
  return JSON.stringify(
    written.flatMap(({ request, entries }) =>
      entries.map((entry) => ({
        id: entry.id,
        request_id: request.id,
        owner: request.entity,
        kind: entry.kind,
        at: entry.at,
        author_entity: entry.authorEntity,
        author_agent: entry.authorAgent,
        author_name: entry.authorName,
        visibility: entry.visibility,
        body: entry.body,
        details: entry.details,
      })),
    ),
  );
}
