import { describeAnswers } from "@interco/kernel/answers";
import { parisDay } from "@interco/kernel/calendar";
import { alertAt, firstRecipients, triageDeadline, whoLooks } from "@interco/kernel/triage";
import type { JobHelpers, TaskList } from "graphile-worker";
import type { Database } from "../database.ts";
import type { Deps } from "../deps.ts";
import { readReferenceTables } from "../dispatch/reference-table-repository.ts";
import type { LetterDraft, LetterWriter } from "../letters/letter-writer.ts";
import type { LetterSubject, RequestLetters } from "../letters/request-letters.ts";
import { CALENDAR } from "../requests/calendar.ts";
import type { Request } from "../requests/request.ts";
import { findRequestById } from "../requests/request-repository.ts";
import { acknowledge } from "../requests/request-write-repository.ts";
import { timelineEntry } from "../requests/timeline.ts";
import { listTimeline } from "../requests/timeline-repository.ts";
import { openTracking } from "../requests/tracking.ts";
import type { Entity } from "../sites/entity.ts";

export interface TaskDeps extends Deps {
  workerDb: Database;
  letters: RequestLetters;
  writer: LetterWriter;
}

/** What happens after a request was filed, handed over or changed. Each task may run twice: letters leave once. */
export function requestTasks(deps: TaskDeps): TaskList {
  return {
    "request-filed": async (payload, helpers) => {
      const { requestId, tracking } = payload as { requestId: string; tracking: string };
      const subject = await load(deps, requestId);
      if (!subject) return;
      const { request } = subject;
      const key = deps.sites.getByEntity(request.entity).hosted.trackingKey;
      await send(deps, deps.letters.filed(subject, jobKey(helpers), openTracking(key, tracking, requestId)));
      if (request.inCharge) await arrived(deps, subject, jobKey(helpers));
      else await tellFirstRecipients(deps, request, jobKey(helpers), "triage", helpers);
    },
    "request-transferred": async (payload, helpers) => {
      const { requestId, entryId, fromTriage } = payload as {
        requestId: string;
        entryId: string;
        fromTriage: boolean;
      };
      const subject = await load(deps, requestId);
      const entry = subject && (await timelineOf(deps, subject.request)).find((line) => line.id === entryId);
      if (!subject || !entry) return;
      await send(deps, deps.letters.transferred(subject, jobKey(helpers), entry, fromTriage));
      await arrived(deps, subject, jobKey(helpers));
    },
    "citizen-told": async (payload, helpers) => {
      const { requestId, entryId } = payload as { requestId: string; entryId?: string };
      const subject = await load(deps, requestId);
      if (!subject) return;
      const timeline = await timelineOf(deps, subject.request);
      const at = timeline.find((line) => line.id === entryId)?.at.getTime();
      // A status and a message of one commit leave in one mail.
      const entries = timeline.filter(
        (line) =>
          line.id === entryId || (line.kind === "message" && Math.abs(line.at.getTime() - (at ?? 0)) < 50),
      );
      await send(deps, deps.letters.told(subject, jobKey(helpers), entries));
    },
    "citizen-wrote": async (payload, helpers) => {
      const { requestId } = payload as { requestId: string };
      const subject = await load(deps, requestId);
      if (subject) await tellTeam(deps, subject.request, jobKey(helpers), "citizen-wrote");
    },
    "triage-alert": async (payload, helpers) => {
      const { requestId } = payload as { requestId: string };
      const subject = await load(deps, requestId);
      if (subject && subject.request.inCharge === null && subject.request.statusKind !== "closed") {
        await tellFirstRecipients(deps, subject.request, jobKey(helpers), "triage-alert");
      }
    },
  };
}

/** The job's own id, stable over its retries. */
function jobKey(helpers: JobHelpers): string {
  return helpers.job.key ?? String(helpers.job.id);
}

async function load(deps: TaskDeps, requestId: string): Promise<LetterSubject | undefined> {
  const request = await deps.workerDb.within({ entities: deps.config.hostedIds }, (trx) =>
    findRequestById(trx, requestId),
  );
  if (!request) return undefined;
  return {
    request,
    procedure: await deps.procedures.getVersion(
      request.entity,
      request.procedureSlug,
      request.procedureVersion,
    ),
  };
}

function timelineOf(deps: TaskDeps, request: Request) {
  return deps.workerDb.within({ entities: deps.config.hostedIds }, (trx) => listTimeline(trx, request.id));
}

async function send(deps: TaskDeps, draft: LetterDraft | null): Promise<void> {
  if (draft) await deps.writer.send(draft);
}

/** Who is in charge is known: a partner gets the request by mail, an entity's team is told, the acknowledgement is dated. */
async function arrived(deps: TaskDeps, subject: LetterSubject, key: string): Promise<void> {
  const { request, procedure } = subject;
  const entity = request.inCharge ? deps.territory.findById(request.inCharge) : undefined;
  if (!entity) return;
  if (entity.siteUrl) await tellTeam(deps, request, key, "new");
  else await tellPartner(deps, subject, entity, key);
  if (request.contact?.email && procedure && !request.acknowledgedAt) {
    await deps.workerDb.within({ entities: deps.config.hostedIds }, (trx) =>
      acknowledge(trx, request, timelineEntry({ kind: "acknowledged", visibility: "status" })),
    );
  }
}

async function tellPartner(
  deps: TaskDeps,
  subject: LetterSubject,
  partner: Entity,
  key: string,
): Promise<void> {
  const { request, procedure } = subject;
  const facts = describeAnswers(
    procedure,
    request.answers,
    "fr",
    (code) => deps.territory.findByCode(code)?.name,
  )
    .filter(
      ({ kind, lines }) => kind !== "photos" && kind !== "email" && kind !== "phone" && lines.length > 0,
    )
    .map(({ label, lines }) => ({ term: label, text: lines.join(", ") }));
  const contact = [request.contact?.name, request.contact?.email, request.contact?.phone]
    .filter(Boolean)
    .join(", ");
  const t = (message: string) => deps.renderer.translate("fr", message);
  await send(
    deps,
    deps.letters.toPartner(subject, key, partner, [
      ...facts,
      ...(contact ? [{ term: t("letters.fact.contact"), text: contact }] : []),
    ]),
  );
}

async function tellTeam(
  deps: TaskDeps,
  request: Request,
  key: string,
  kind: "new" | "citizen-wrote",
): Promise<void> {
  if (!request.inCharge || !request.team) return;
  const teams = await deps.workerDb.open
    .selectFrom("team")
    .select("email")
    .where("entity", "=", request.inCharge)
    .where("code", "=", request.team)
    .execute();
  for (const { email } of teams)
    if (email) await send(deps, deps.letters.toAgents(request, key, kind, email));
}

/** First recipients present today, or who stands in for them; and a second look at half the time triage has. */
async function tellFirstRecipients(
  deps: TaskDeps,
  request: Request,
  key: string,
  kind: "triage" | "triage-alert",
  helpers?: JobHelpers,
): Promise<void> {
  const { rosters } = await readReferenceTables(deps.workerDb, request.entity);
  const roster = rosters.find((one) => one.procedure === request.procedureSlug);
  if (!roster) return;
  const communes = request.communes.flatMap((id) => deps.territory.findById(id)?.code ?? []);
  const named = firstRecipients(roster, { type: request.typeCode, communes });
  const teams = await deps.workerDb.open
    .selectFrom("team")
    .select(["code", "email"])
    .where("entity", "=", request.entity)
    .execute();
  const addresses = whoLooks(roster, named, parisDay(new Date())).flatMap(
    (one) => one.agentEmail ?? teams.find((team) => team.code === one.team)?.email ?? [],
  );
  for (const to of new Set(addresses)) await send(deps, deps.letters.toAgents(request, key, kind, to));
  if (kind === "triage" && helpers) {
    const runAt = alertAt(request.receivedAt, triageDeadline(roster, request.receivedAt, CALENDAR));
    await helpers.addJob(
      "triage-alert",
      { requestId: request.id },
      { runAt, jobKey: `triage-alert:${request.id}`, jobKeyMode: "preserve_run_at" },
    );
  }
}
