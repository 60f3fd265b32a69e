import type { Answers, Place } from "@interco/contracts/procedure";
import { parisDay } from "@interco/kernel/calendar";
import { serviceDeadline } from "@interco/kernel/delays";
import { getStatus } from "@interco/kernel/procedure";
import { requestNumber } from "@interco/kernel/request-number";
import { requestTitle } from "@interco/kernel/request-title";
import { newId } from "@interco/platform/ids";
import { jobLine, type OutboxJob, type OutboxLine } from "@interco/platform/outbox";
import { freshRandom } from "@interco/platform/random";
import { hashToken } from "@interco/platform/secrets";
import type { Author } from "../audit/author.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import type { OfferedProcedure } from "../procedures/procedure-library.ts";
import { CALENDAR } from "../sites/calendar.ts";
import type { Site } from "../sites/site.ts";
import type { Territory } from "../sites/territory.ts";
import { concernedEntities } from "./concerned-entities.ts";
import type { Contact, Request, Source } from "./request.ts";
import { rowLabels } from "./request-labels.ts";
import { requestRow } from "./request-row.ts";
import type { NewRequest } from "./request-write-repository.ts";
import { shareLines } from "./share-request.ts";
import { timelineEntry } from "./timeline.ts";
import { newTracking, sealForDraft, sealTracking } from "./tracking.ts";

export interface Submission {
  /** The site the procedure runs on: its entity owns the request for ever. */
  site: Site;
  procedure: OfferedProcedure;
  /** Answers that `validateAll` has passed. */
  answers: Answers;
  contact: Contact | null;
  citizenSub: string | null;
  source: Source;
  /** The agent who files for somebody. */
  filedBy: Author | null;
  lang: "fr" | "en";
  /** The draft it was typed in: it remembers the request, gives it its photos and forgets the answers. */
  draftToken: string | null;
}

/**
 * Makes a request of answers: finds who is in charge, gives it a number and a tracking code, and all that is written with it.
 * Nothing is filed before `insertRequests`.
 */
export async function composeRequest(
  deps: { territory: Territory; dispatcher: Dispatcher },
  submission: Submission,
): Promise<NewRequest> {
  const { site, procedure, answers } = submission;
  const { definition } = procedure;
  const now = new Date();
  const fields = definition.steps.flatMap((step) => step.fields);
  const place = findPlace(fields, answers);
  const typeCode = findTypeCode(fields, answers);
  const decision = await deps.dispatcher.decide(site.entity, procedure, { typeCode, place });
  const days = decision.deadlineDays ?? definition.serviceDays;
  const tracking = newTracking(site.hosted.trackingKey);
  const communes = (place?.communes ?? []).flatMap((code) => deps.territory.findByCode(code)?.id ?? []);
  const request: Request = {
    id: newId(),
    entity: site.entity.id,
    number: requestNumber(site.entity.shortCode, Number(parisDay(now).slice(0, 4)), freshRandom(16)),
    procedureSlug: procedure.slug,
    procedureVersion: procedure.version,
    typeCode,
    title: requestTitle(procedure.compiled, answers, (code) => deps.territory.findByCode(code)?.name),
    status: definition.workflow.initial,
    statusKind: getStatus(definition, definition.workflow.initial).kind,
    version: 1,
    answers,
    place,
    communes,
    contact: submission.contact,
    citizenSub: submission.citizenSub,
    source: submission.source,
    filedBy: submission.filedBy?.agentId ?? null,
    lang: submission.lang,
    inCharge: decision.inCharge,
    team: decision.team,
    assignee: null,
    assigneeName: null,
    deadline: decision.inCharge ? serviceDeadline(now, days, CALENDAR) : null,
    deadlineDays: decision.inCharge ? days : null,
    receivedAt: now,
    competentReceivedAt: decision.inCharge ? now : null,
    acknowledgedAt: null,
    plannedFor: null,
    closedAt: null,
    closingReason: null,
    updatedAt: now,
  };
  const find = (id: string) => deps.territory.findById(id);
  const labels = rowLabels(request, procedure.compiled, {
    ownerOrigin: site.origin,
    shared: definition.kind !== "local",
    findByCode: (code) => deps.territory.findByCode(code),
  });
  const rows = concernedEntities(request, decision.why, find).map((concern) =>
    requestRow(request, concern, labels, find),
  );
  const entries = [
    timelineEntry({ kind: "registered", visibility: "status", at: now, author: submission.filedBy }),
    decision.inCharge
      ? timelineEntry({
          kind: "dispatched",
          visibility: "status",
          at: now,
          details: {
            ...decision.trace,
            to: { entity: decision.inCharge, name: find(decision.inCharge)?.fullName ?? "" },
          },
        })
      : timelineEntry({ kind: "triage", visibility: "status", at: now, details: decision.trace }),
  ];
  const lines = shareLines(decision.inCharge ? "dispatched" : "registered", rows, [], find);
  const job = {
    task: "request-filed",
    payload: {
      requestId: request.id,
      tracking: sealTracking(site.hosted.trackingKey, tracking.code, request.id),
    },
  };
  return {
    request,
    rows,
    entries,
    outbox: withJob(lines, job, request),
    trackingHmac: tracking.stored,
    draft: submission.draftToken
      ? {
          hash: hashToken(submission.draftToken),
          trackingSealed: sealForDraft(submission.draftToken, tracking.code, request.id),
          files: photosOf(fields, answers),
        }
      : null,
  };
}

/** The first line carries the job; where nobody else is told, a line is made for it. */
function withJob(lines: OutboxLine[], job: OutboxJob, { entity, id }: Request): OutboxLine[] {
  const [first, ...others] = lines;
  if (!first) return [jobLine({ entity, aggregate: id, version: 1, jobs: [job] })];
  return [{ ...first, jobs: [job] }, ...others];
}

function findPlace(fields: { key: string; kind: string }[], answers: Answers): Place | null {
  const field = fields.find((one) => one.kind === "place");
  return field ? ((answers[field.key] as Place | undefined) ?? null) : null;
}

function findTypeCode(fields: { key: string; kind: string }[], answers: Answers): string | null {
  const field = fields.find((one) => one.kind === "type");
  return field ? ((answers[field.key] as string | undefined) ?? null) : null;
}

function photosOf(fields: { key: string; kind: string }[], answers: Answers): string[] {
  return fields.flatMap((field) =>
    field.kind === "photos" ? ((answers[field.key] as string[] | undefined) ?? []) : [],
  );
}
