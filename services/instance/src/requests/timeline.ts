import { newId } from "@interco/platform/ids";
import type { Author } from "../audit/author.ts";
import type { TimelineEntry } from "./request.ts";

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
