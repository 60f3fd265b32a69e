import { refusesForGood } from "@interco/platform/mail-server";
import type { JobHelpers, TaskList } from "graphile-worker";
import type { LetterDraft } from "../letters/letter-writer.ts";
import type { LetterSubject } from "../letters/request-letters.ts";
import { asksIfSettled } from "../requests/answer-settled.ts";
import { serviceOf } from "../requests/follower.ts";
import type { Request } from "../requests/request.ts";
import { findRequestById, getTracking } from "../requests/request-repository.ts";
import { acknowledge } from "../requests/request-write-repository.ts";
import { settledToken } from "../requests/settled-link.ts";
import { timelineEntry } from "../requests/timeline.ts";
import { listTimeline } from "../requests/timeline-repository.ts";
import { openTracking } from "../requests/tracking.ts";
import { waitsForItsTurn } from "./letter-turn.ts";
import { jobKey, type TaskDeps } from "./task.ts";
import type { NotedTeam } from "./team-notice-repository.ts";
import { tellFirstRecipients, tellTeam, tellTeamOfArrival, tellTeamOfWords } from "./tell-agents.ts";
import { tellPartner } from "./tell-partner.ts";

/** What happens after a request was filed, handed over or changed. Each task may run twice: letters leave once. */
export function requestTasks(deps: TaskDeps): TaskList {
  return {
    "request-filed": async (payload, helpers) => {
      const { requestId, tracking } = payload as { requestId: string; tracking: string };
      const subject = await load(deps, requestId);
      if (!subject) return;
      const { request } = subject;
      const key = deps.sites.getByEntity(request.entity).hosted.trackingKey;
      const letter = deps.letters.filed(subject, jobKey(helpers), openTracking(key, tracking, requestId));
      const written = await send(deps, letter);
      const inHands = request.inCharge
        ? await tellInCharge(deps, subject, helpers)
        : await tellFirstRecipients(deps, request, jobKey(helpers), "triage", helpers).then(() => false);
      if (inHands && written) await dateAcknowledgement(deps, request);
    },
    "citizen-forwarded": async (payload, helpers) => {
      const { requestId, entryId, fromTriage } = payload as {
        requestId: string;
        entryId: string;
        fromTriage: boolean;
      };
      const subject = await load(deps, requestId);
      const timeline = subject ? await timelineOf(deps, subject.request) : [];
      const entry = timeline.find((line) => line.id === entryId);
      if (!subject || !entry || (await waitsForItsTurn(deps, subject.request, helpers))) return;
      await send(deps, deps.letters.transferred(subject, jobKey(helpers), entry, timeline, fromTriage));
    },
    "request-transferred": async (payload, helpers) => {
      const { requestId } = payload as { requestId: string };
      const subject = await load(deps, requestId);
      if (subject && (await tellInCharge(deps, subject, helpers)))
        await dateAcknowledgement(deps, subject.request);
    },
    "request-moved": async (payload, helpers) => {
      const { requestId } = payload as { requestId: string };
      const subject = await load(deps, requestId);
      const entity = deps.territory.findById(subject?.request.inCharge ?? "");
      if (!subject || !entity) return;
      if (entity.siteUrl) await tellTeamOfArrival(deps, subject.request, helpers);
      else await tellPartner(deps, subject, entity, helpers);
    },
    "citizen-told": async (payload, helpers) => {
      const { requestId, entryId } = payload as { requestId: string; entryId?: string };
      const subject = await load(deps, requestId);
      if (!subject || (await waitsForItsTurn(deps, subject.request, helpers))) return;
      const timeline = await timelineOf(deps, subject.request);
      const at = timeline.find((line) => line.id === entryId)?.at.getTime();
      // A status and a message of one commit leave in one mail.
      const entries = timeline.filter(
        (line) =>
          line.id === entryId || (line.kind === "message" && Math.abs(line.at.getTime() - (at ?? 0)) < 50),
      );
      const settled = asksIfSettled(subject.request, subject.procedure, timeline)
        ? await tokenOf(deps, subject.request)
        : null;
      await send(deps, deps.letters.told(subject, jobKey(helpers), entries, settled));
    },
    "citizen-wrote": async (payload, helpers) => {
      const { requestId } = payload as { requestId: string };
      const subject = await load(deps, requestId);
      if (subject) await tellTeamOfWords(deps, subject.request, jobKey(helpers));
    },
    "team-told": (payload, helpers) => tellTeam(deps, payload as NotedTeam, helpers),
    "triage-alert": async (payload, helpers) => {
      const { requestId } = payload as { requestId: string };
      const subject = await load(deps, requestId);
      if (subject && subject.request.inCharge === null && subject.request.statusKind !== "closed") {
        await tellFirstRecipients(deps, subject.request, jobKey(helpers), "triage-alert");
      }
    },
  };
}

async function load(deps: TaskDeps, requestId: string): Promise<LetterSubject | undefined> {
  const request = await deps.workerDb.within({ entities: deps.config.hostedIds }, (trx) =>
    findRequestById(trx, requestId),
  );
  if (!request) return undefined;
  return {
    request,
    service: await serviceOf({ db: deps.workerDb }, request),
    procedure: await deps.procedures.getVersion(
      request.entity,
      request.procedureSlug,
      request.procedureVersion,
    ),
  };
}

/** What the links of a closing mail carry. */
async function tokenOf(deps: TaskDeps, { entity, id, number }: Request): Promise<string> {
  const tracking = await deps.workerDb.within({ entities: [entity] }, (trx) => getTracking(trx, id));
  return settledToken(deps, entity, number, tracking);
}

function timelineOf(deps: TaskDeps, request: Request) {
  return deps.workerDb.within({ entities: deps.config.hostedIds }, (trx) => listTimeline(trx, request.id));
}

/**
 * Writes to a request's author. False where there is nothing to write, and where their address refuses it for good: who must act
 * is told all the same, and what the server said is kept with the letter. One that may leave later fails its job.
 */
async function send(deps: TaskDeps, draft: LetterDraft | null): Promise<boolean> {
  if (!draft) return false;
  try {
    await deps.writer.send(draft);
    return true;
  } catch (error) {
    if (!refusesForGood(error)) throw error;
    deps.log.warn(
      { letter: draft.kind, request: draft.requestId },
      "an author's address refuses their letter",
    );
    return false;
  }
}

/**
 * Who is in charge is told: a partner gets the request by mail, an entity's team a word. One that came back from a partner nobody
 * could reach waits for a person. True once it is in somebody's hands.
 */
async function tellInCharge(deps: TaskDeps, subject: LetterSubject, helpers: JobHelpers): Promise<boolean> {
  const { request } = subject;
  const entity = request.inCharge ? deps.territory.findById(request.inCharge) : undefined;
  if (!entity) {
    await tellFirstRecipients(deps, request, jobKey(helpers), "triage", helpers);
    return false;
  }
  if (!entity.siteUrl) return tellPartner(deps, subject, entity, helpers);
  await tellTeamOfArrival(deps, request, helpers);
  return true;
}

/** The author's letter has left and says who is in charge: that is the acknowledgement, dated once. */
async function dateAcknowledgement(deps: TaskDeps, request: Request): Promise<void> {
  if (!request.contact?.email || request.acknowledgedAt) return;
  await deps.workerDb.within({ entities: deps.config.hostedIds }, (trx) =>
    acknowledge(trx, request, timelineEntry({ kind: "acknowledged", visibility: "status" })),
  );
}
