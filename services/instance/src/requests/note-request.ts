import { Problem } from "@interco/platform/problem";
import { recordAct } from "../audit/audit.ts";
import type { Author } from "../audit/author.ts";
import type { Database } from "../database.ts";
import { findFollowed } from "./request-row-repository.ts";
import { timelineEntry } from "./timeline.ts";
import { addEntries } from "./timeline-repository.ts";

/**
 * "Note interne": stays with the author's entity, or with every entity concerned when marked shared. Whoever follows a request
 * may note, also without processing it; an entity that isn't concerned any more may not.
 */
export async function noteRequest(
  db: Database,
  author: Author,
  number: string,
  body: string,
  shared: boolean,
): Promise<void> {
  await db.within({ entities: [author.entity] }, async (trx) => {
    const row = await findFollowed(trx, author.entity, number);
    if (!row) throw new Problem("request.unknown", { status: 404, params: { number } });
    await recordAct(trx, author, "request.noted", { requestId: row.request_id });
    await addEntries(trx, { id: row.request_id, entity: row.owner }, [
      timelineEntry({ kind: "note", visibility: shared ? "shared" : "internal", author, body }),
    ]);
  });
}
