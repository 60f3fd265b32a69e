import { getStatus } from "@interco/kernel/procedure";
import { availableActions } from "@interco/kernel/workflow";
import { appendOutbox, jobLine } from "@interco/platform/outbox";
import { Problem } from "@interco/platform/problem";
import type { Transaction } from "../database.ts";
import { type ChangeDeps, writeChange } from "./change-request.ts";
import type { FollowScope } from "./follow-access.ts";
import type { Request } from "./request.ts";
import { findRequest, lockRequest } from "./request-repository.ts";
import { actForAll } from "./scope-repository.ts";
import { timelineEntry } from "./timeline.ts";
import { addEntries, listTimeline } from "./timeline-repository.ts";

/** How many messages the author of one request may send in a day: an agent reads each of them. */
const MANY_A_DAY = 20;

/**
 * "Ajouter une précision": words of the request's author for who processes it, and their team is told. Where the request waits
 * for an answer, this is the answer: its status moves on, the clock runs again and every entity concerned sees it.
 * Throws `request.unknown` (404) for whoever may not read it, `request.closed` (409), `request.messages` (429).
 */
export async function addCitizenMessage(
  deps: ChangeDeps,
  scope: FollowScope,
  number: string,
  body: string,
): Promise<void> {
  await deps.db.within(scope, async (trx) => {
    const request = await findRequest(trx, number);
    if (!request) throw new Problem("request.unknown", { status: 404, params: { number } });
    if (request.statusKind === "closed") throw new Problem("request.closed", { status: 409 });
    await refuseTooMany(trx, request);
    const entry = timelineEntry({ kind: "citizen-message", visibility: "citizen", body });
    const jobs = [{ task: "citizen-wrote", payload: { requestId: request.id, entryId: entry.id } }];
    if (request.statusKind === "waiting") {
      await answer(trx, deps, request, entry, jobs);
      return;
    }
    await addEntries(trx, request, [entry]);
    await appendOutbox(trx, [
      jobLine({ entity: request.entity, aggregate: request.id, version: request.version, jobs }),
    ]);
  });
  deps.nudge();
}

async function answer(
  trx: Transaction,
  deps: ChangeDeps,
  seen: Request,
  entry: ReturnType<typeof timelineEntry>,
  jobs: { task: string; payload: object }[],
): Promise<void> {
  await addEntries(trx, seen, [entry]);
  const procedure = await deps.procedures.getVersion(seen.entity, seen.procedureSlug, seen.procedureVersion);
  // Read as the citizen above, which is the permission; the lock needs the rights of who processes it.
  await actForAll(trx, [seen.entity, ...(seen.inCharge ? [seen.inCharge] : [])]);
  const request = await lockRequest(trx, seen.number);
  const [action] = request
    ? availableActions(procedure.definition, request.status, { actor: "citizen", answers: request.answers })
    : [];
  const status = action && getStatus(procedure.definition, action.to);
  if (!request || !status) {
    await appendOutbox(trx, [
      jobLine({ entity: seen.entity, aggregate: seen.id, version: seen.version, jobs }),
    ]);
    return;
  }
  const moved = timelineEntry({
    kind: "status",
    visibility: "status",
    details: { status: status.code, statusLabel: status.label },
  });
  const set = { status: status.code, statusKind: status.kind, plannedFor: null };
  const next = { ...request, ...set, version: request.version + 1, updatedAt: new Date() };
  await writeChange(trx, deps, {
    before: request,
    next,
    procedure,
    change: { set, entries: [moved], jobs },
  });
}

async function refuseTooMany(trx: Transaction, request: Request): Promise<void> {
  const dayAgo = Date.now() - 86_400_000;
  const recent = (await listTimeline(trx, request.id)).filter(
    ({ kind, at }) => kind === "citizen-message" && at.getTime() > dayAgo,
  );
  if (recent.length >= MANY_A_DAY) throw new Problem("request.messages", { status: 429 });
}
