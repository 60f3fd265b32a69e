import type { Bilingual } from "@interco/contracts/procedure";
import { serviceDeadline } from "@interco/kernel/delays";
import type { CompiledProcedure } from "@interco/kernel/procedure";
import { appendOutbox, jobLine, type OutboxJob } from "@interco/platform/outbox";
import { Problem } from "@interco/platform/problem";
import { type Act, recordAct } from "../audit/audit.ts";
import type { Author } from "../audit/author.ts";
import type { Database, Transaction } from "../database.ts";
import type { ProcedureLibrary } from "../procedures/procedure-library.ts";
import { CALENDAR } from "../sites/calendar.ts";
import type { Sites } from "../sites/site.ts";
import type { Territory } from "../sites/territory.ts";
import { concernedEntities } from "./concerned-entities.ts";
import { pausesOf } from "./pauses.ts";
import type { Request, TimelineEntry } from "./request.ts";
import { rowLabels } from "./request-labels.ts";
import { lockRequest } from "./request-repository.ts";
import { requestRow } from "./request-row.ts";
import { listRows, writeRows } from "./request-row-repository.ts";
import { updateRequest } from "./request-write-repository.ts";
import { actForAll } from "./scope-repository.ts";
import { type ShareVerb, shareLines } from "./share-request.ts";
import { addEntries, listTimeline } from "./timeline-repository.ts";

export interface ChangeDeps {
  db: Database;
  territory: Territory;
  sites: Sites;
  procedures: ProcedureLibrary;
  nudge: () => void;
}

/** What a change makes of a request. */
export interface Change {
  /** What the audit keeps of it. */
  act: Act;
  /** The columns that change; none: only the timeline grows. */
  set: Partial<Request>;
  entries: TimelineEntry[];
  verb?: ShareVerb;
  /** Why the entity in charge has it, where that changes. */
  why?: Bilingual;
  jobs?: OutboxJob[];
}

/**
 * Changes a request on behalf of an agent: reads it under the agent's own entity (row-level security: only who processes it
 * finds it), asks `decide` what becomes of it, then writes the request, its rows, its timeline and what others must be told,
 * in one transaction. Throws `request.unknown` (404) for whoever may not process it.
 */
export async function changeRequest(
  deps: ChangeDeps,
  author: Author,
  number: string,
  decide: (request: Request, procedure: CompiledProcedure) => Change | Promise<Change>,
): Promise<Request> {
  const changed = await deps.db.within({ entities: [author.entity] }, async (trx) => {
    const request = await lockRequest(trx, number);
    if (!request) throw new Problem("request.unknown", { status: 404, params: { number } });
    const procedure = await deps.procedures.getVersion(
      request.entity,
      request.procedureSlug,
      request.procedureVersion,
    );
    const change = await decide(request, procedure);
    await recordAct(trx, author, change.act, { requestId: request.id });
    if (Object.keys(change.set).length > 0)
      return writeChange(trx, deps, { before: request, change, procedure });
    // Only its timeline grows: nobody else's row changes.
    await addEntries(trx, request, change.entries);
    if (change.jobs) {
      await actForAll(trx, [request.entity]);
      await appendJobs(trx, request, change.jobs);
    }
    return request;
  });
  deps.nudge();
  return changed;
}

/**
 * Writes a change with all that follows from it. The caller has read the request under the scope of whoever changes it: that
 * read is the permission, and here the transaction widens to every entity concerned.
 */
export async function writeChange(
  trx: Transaction,
  deps: ChangeDeps,
  {
    before,
    change,
    procedure,
  }: { before: Request; change: Omit<Change, "act">; procedure: CompiledProcedure },
): Promise<Request> {
  const wanted: Request = { ...before, ...change.set, version: before.version + 1, updatedAt: new Date() };
  const find = (id: string) => deps.territory.findById(id);
  await actForAll(
    trx,
    [before.entity, ...before.communes, ...wanted.communes, before.inCharge, wanted.inCharge].filter(
      (id) => id !== null,
    ),
  );
  const deadline = await deadlineAfter(trx, before, wanted, procedure);
  const next: Request = { ...wanted, deadline };
  const old = await listRows(trx, before.id);
  const labels = rowLabels(next, procedure, {
    ownerOrigin: deps.sites.getByEntity(next.entity).origin,
    shared: procedure.definition.kind !== "local",
    findByCode: (code) => deps.territory.findByCode(code),
  });
  const why = change.why ??
    old.find((row) => row.relation === "in_charge" || row.relation === "triage")?.reason ?? {
      fr: "",
      en: "",
    };
  const rows = concernedEntities(next, why, find).map((concern) => requestRow(next, concern, labels, find));
  const gone = old
    .filter((row) => row.relation !== "gone" && !rows.some((kept) => kept.entity === row.entity))
    .map((row) => ({
      ...requestRow(next, { entity: row.entity, relation: "place", reason: row.reason }, labels, find),
    }));
  const lines = shareLines(change.verb ?? "changed", rows, gone, find);
  const jobs = change.jobs?.length
    ? [jobLine({ entity: next.entity, aggregate: next.id, version: next.version, jobs: change.jobs })]
    : [];
  await updateRequest(trx, { request: next, entries: change.entries, outbox: [...lines, ...jobs] });
  await writeRows(trx, rows, gone);
  return next;
}

/** Jobs of what changes nobody else's row. */
export async function appendJobs(
  trx: Transaction,
  { entity, id, version }: Request,
  jobs: OutboxJob[],
): Promise<void> {
  await appendOutbox(trx, [jobLine({ entity, aggregate: id, version, jobs })]);
}

/** Once the citizen has answered, the service has the working days again that it spent waiting (CRPA L114-5). */
async function deadlineAfter(
  trx: Transaction,
  before: Request,
  next: Request,
  { definition }: CompiledProcedure,
): Promise<Date | null> {
  const resumes = before.statusKind === "waiting" && next.statusKind === "open";
  if (!resumes || !next.deadline || !next.deadlineDays || next.inCharge !== before.inCharge)
    return next.deadline;
  const pauses = pausesOf(definition, await listTimeline(trx, next.id)).map((pause) =>
    pause.receivedAt ? pause : { ...pause, receivedAt: next.updatedAt },
  );
  const from = next.competentReceivedAt ?? next.receivedAt;
  return serviceDeadline(from, next.deadlineDays, { ...CALENDAR, pauses });
}
