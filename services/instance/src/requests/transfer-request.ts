import type { Place } from "@interco/contracts/procedure";
import { serviceDeadline } from "@interco/kernel/delays";
import type { CompiledProcedure } from "@interco/kernel/procedure";
import { requestTitle } from "@interco/kernel/request-title";
import { Problem } from "@interco/platform/problem";
import type { Author } from "../audit/author.ts";
import { CALENDAR } from "../sites/calendar.ts";
import type { Entity } from "../sites/entity.ts";
import type { Territory } from "../sites/territory.ts";
import { answersNow } from "./answers-now.ts";
import { type Change, type ChangeDeps, changeRequest } from "./change-request.ts";
import type { Request } from "./request.ts";
import { timelineEntry } from "./timeline.ts";

export interface Transfer {
  /** Entity or partner that gets it. */
  to: string;
  team: string | null;
  reason: string;
  /** The place as it really is, where the citizen's was wrong. */
  correctedPlace: Place | null;
}

/**
 * Hands a request to who must process it: out of triage, from one entity to another, or from one team to another of the same
 * entity, with its reason. The author is told once when the entity changes (CRPA L114-2); both receipts are kept, since implicit
 * refusal and implicit acceptance count from different ones (L114-3).
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
    const corrected = transfer.correctedPlace
      ? correctPlace(deps.territory, author, request, procedure, transfer.correctedPlace)
      : { set: {}, entries: [] };
    if (target.id === request.inCharge) {
      if (transfer.team === request.team && !transfer.correctedPlace)
        throw new Problem("request.already-there", { status: 422, params: { entity: target.fullName } });
      return moveWithin(author, request, transfer, target, corrected);
    }
    if (procedure.definition.kind !== "shared") throw new Problem("request.stays-here", { status: 422 });
    return handOver(deps.territory, author, request, transfer, target, procedure, corrected);
  });
}

type Correction = Pick<Change, "set" | "entries">;

/** The place as it really is: the communes, the title and the list rows follow; agents read what it was. */
function correctPlace(
  territory: Territory,
  author: Author,
  request: Request,
  procedure: CompiledProcedure,
  place: Place,
): Correction {
  const answers = answersNow(procedure, { answers: request.answers, place });
  return {
    set: {
      place,
      communes: place.communes.flatMap((code) => territory.findByCode(code)?.id ?? []),
      title: requestTitle(procedure, answers, (code) => territory.findByCode(code)?.name),
    },
    entries: [
      timelineEntry({
        kind: "place-corrected",
        // Of the entities that are concerned by the new place: the author knows where they were.
        visibility: "shared",
        author,
        details: { place: { from: request.place, to: place } },
      }),
    ],
  };
}

/** To another team, or to nobody in particular, of the entity that has it: neither its deadline nor its author hears of it. */
function moveWithin(
  author: Author,
  request: Request,
  transfer: Transfer,
  target: Entity,
  corrected: Correction,
): Change {
  const moves = transfer.team !== request.team;
  // A team is told of what comes to it; a partner, who reads no page of ours, of the place it must go to.
  const tells = target.siteUrl ? moves : transfer.correctedPlace !== null;
  const entry = timelineEntry({
    kind: "transferred",
    visibility: "internal",
    author,
    body: transfer.reason,
    details: { team: transfer.team },
  });
  return {
    act: "request.transferred",
    set: {
      ...corrected.set,
      ...(moves ? { team: transfer.team, assignee: null, assigneeName: null } : {}),
    },
    entries: moves
      ? [...corrected.entries, entry]
      : corrected.entries.map((one) => ({ ...one, body: transfer.reason })),
    jobs: tells ? [{ task: "request-moved", payload: { requestId: request.id } }] : [],
  };
}

function handOver(
  territory: Territory,
  author: Author,
  request: Request,
  transfer: Transfer,
  target: Entity,
  { definition }: CompiledProcedure,
  corrected: Correction,
): Change {
  const now = new Date();
  const fromTriage = request.inCharge === null;
  const from = request.inCharge ? territory.findById(request.inCharge) : undefined;
  const days = request.deadlineDays ?? definition.serviceDays;
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
      deadlineDays: days,
      deadline: serviceDeadline(now, days, CALENDAR),
      competentReceivedAt: now,
      ...corrected.set,
    },
    entries: [...corrected.entries, entry],
    verb: "dispatched",
    why,
    jobs: [
      { task: "citizen-forwarded", payload: { requestId: request.id, entryId: entry.id, fromTriage } },
      { task: "request-transferred", payload: { requestId: request.id } },
    ],
  };
}
