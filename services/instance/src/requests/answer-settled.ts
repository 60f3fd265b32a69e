import type { CompiledProcedure } from "@interco/kernel/procedure";
import { availableActions } from "@interco/kernel/workflow";
import { Problem } from "@interco/platform/problem";
import type { ChangeDeps } from "./change-request.ts";
import { moveForCitizen } from "./citizen-move.ts";
import type { FollowScope } from "./follow-access.ts";
import type { Request, TimelineEntry } from "./request.ts";
import { findRequest } from "./request-repository.ts";
import { timelineEntry } from "./timeline.ts";
import { addEntries, listTimeline } from "./timeline-repository.ts";

/** "Est-ce réglé ?": what the author of a closed request says of it. */
export type Verdict = { settled: true } | { settled: false; left: string };

/** May its author be asked? It was closed as done, its workflow lets them reopen it, and they haven't said yet. */
export function asksIfSettled(
  request: Pick<Request, "status" | "statusKind" | "answers" | "closedAt">,
  { definition }: CompiledProcedure,
  timeline: readonly TimelineEntry[],
): boolean {
  if (request.statusKind !== "closed") return false;
  // What was refused isn't said to be done: its way on is another one.
  if (definition.workflow.actions.some(({ to, tone }) => to === request.status && tone === "danger"))
    return false;
  const said = timeline.some(
    ({ kind, at, details }) =>
      kind === "citizen-message" && details.settled === true && at >= (request.closedAt ?? at),
  );
  return (
    !said &&
    availableActions(definition, request.status, { actor: "citizen", answers: request.answers }).length > 0
  );
}

/**
 * Keeps the answer. "Yes" is a line agents read; "No" says what is left to do, reopens the request and tells who processes it.
 * Throws `request.unknown` (404) for whoever may not read it, `request.moved-on` (409) when it isn't asked (any more).
 */
export async function answerSettled(
  deps: ChangeDeps,
  scope: FollowScope,
  number: string,
  verdict: Verdict,
): Promise<void> {
  await deps.db.within(scope, async (trx) => {
    const request = await findRequest(trx, number);
    if (!request) throw new Problem("request.unknown", { status: 404, params: { number } });
    const { entity, procedureSlug, procedureVersion } = request;
    const procedure = await deps.procedures.getVersion(entity, procedureSlug, procedureVersion);
    if (!asksIfSettled(request, procedure, await listTimeline(trx, request.id)))
      throw new Problem("request.moved-on", { status: 409 });
    const entry = timelineEntry({
      kind: "citizen-message",
      visibility: "citizen",
      body: verdict.settled ? null : verdict.left,
      details: { settled: verdict.settled },
    });
    await addEntries(trx, request, [entry]);
    if (verdict.settled) return;
    const jobs = [{ task: "citizen-wrote", payload: { requestId: request.id, entryId: entry.id } }];
    if (!(await moveForCitizen(trx, deps, request, jobs)))
      throw new Problem("request.moved-on", { status: 409 });
  });
  deps.nudge();
}
