import type { Place } from "@interco/contracts/procedure";
import { serviceDeadline } from "@interco/kernel/delays";
import { Problem } from "@interco/platform/problem";
import { CALENDAR } from "./calendar.ts";
import { type ChangeDeps, changeRequest } from "./change-request.ts";
import type { Request } from "./request.ts";
import { type Author, timelineEntry } from "./timeline.ts";

export interface Transfer {
  /** Entity or partner that gets it. */
  to: string;
  team: string | null;
  reason: string;
  /** The place as it really is, where the citizen's was wrong. */
  correctedPlace: Place | null;
}

/**
 * Hands a request to who must process it: out of triage, or from one entity to another with its reason. The author is told once
 * (CRPA L114-2); both receipts are kept, since implicit refusal and implicit acceptance count from different ones (L114-3).
 */
export function transferRequest(
  deps: ChangeDeps,
  author: Author,
  number: string,
  transfer: Transfer,
): Promise<Request> {
  return changeRequest(deps, author, number, (request, procedure) => {
    const target = deps.territory.findById(transfer.to);
    if (!target) throw new Problem("entity.unknown", { status: 422 });
    if (procedure.definition.kind === "local") throw new Problem("request.stays-here", { status: 422 });
    if (target.id === request.inCharge && !transfer.correctedPlace)
      throw new Problem("request.already-there", { status: 422, params: { entity: target.fullName } });
    const now = new Date();
    const fromTriage = request.inCharge === null;
    const from = request.inCharge ? deps.territory.findById(request.inCharge) : undefined;
    const days = request.deadlineDays ?? procedure.definition.serviceDays;
    const communes = transfer.correctedPlace
      ? transfer.correctedPlace.communes.flatMap((code) => deps.territory.findByCode(code)?.id ?? [])
      : request.communes;
    const why = {
      fr: fromTriage
        ? `orientée à la main : ${transfer.reason}`
        : `transmise par ${from?.name ?? "?"} : ${transfer.reason}`,
      en: fromTriage
        ? `assigned by hand: ${transfer.reason}`
        : `handed over by ${from?.name ?? "?"}: ${transfer.reason}`,
    };
    const entry = timelineEntry({
      kind: "transferred",
      visibility: "status",
      author,
      body: transfer.reason,
      details: {
        to: { entity: target.id, name: target.fullName },
        ...(from ? { from: { entity: from.id, name: from.fullName } } : {}),
      },
    });
    return {
      act: "request.transferred",
      set: {
        inCharge: target.id,
        team: transfer.team,
        assignee: null,
        assigneeName: null,
        communes,
        ...(transfer.correctedPlace ? { place: transfer.correctedPlace } : {}),
        deadlineDays: days,
        deadline: serviceDeadline(now, days, CALENDAR),
        competentReceivedAt: now,
      },
      entries: [
        ...(transfer.correctedPlace
          ? [timelineEntry({ kind: "place-corrected", visibility: "status", author })]
          : []),
        entry,
      ],
      verb: "dispatched",
      why,
      jobs: [
        { task: "request-transferred", payload: { requestId: request.id, entryId: entry.id, fromTriage } },
      ],
    };
  });
}
