import { newId } from "@interco/platform/ids";
import type { TimelineEntry } from "./request.ts";

/** Who writes a line: an agent in the name of an entity, or nobody (the tables, the citizen). */
export interface Author {
  entity: string;
  agentId: string;
  name: string;
}

/** A line of the timeline. Ids sort by time, so lines of one commit keep their order. */
export function timelineEntry(
  entry: Pick<TimelineEntry, "kind" | "visibility"> &
    Partial<Pick<TimelineEntry, "at" | "body" | "details">> & { author?: Author | null },
): TimelineEntry {
  return {
    id: newId(),
    kind: entry.kind,
    at: entry.at ?? new Date(),
    authorEntity: entry.author?.entity ?? null,
    authorAgent: entry.author?.agentId ?? null,
    authorName: entry.author?.name ?? null,
    visibility: entry.visibility,
    body: entry.body ?? null,
    details: entry.details ?? {},
  };
}
