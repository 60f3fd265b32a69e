import type { Bilingual } from "@interco/contracts/procedure";
import type { LetterSubject } from "../letters/request-letters.ts";
import { writeChange } from "../requests/change-request.ts";
import type { Request } from "../requests/request.ts";
import { lockRequest } from "../requests/request-repository.ts";
import { timelineEntry } from "../requests/timeline.ts";
import type { TaskDeps } from "./task.ts";

/**
 * Gives a request back to the people who dispatch, since who was in charge can't be reached: it would wait there for ever, its
 * author believing it sent. Undefined where somebody has moved it on meanwhile.
 */
export async function returnToTriage(
  deps: TaskDeps,
  { request, procedure }: LetterSubject,
  why: Bilingual,
): Promise<Request | undefined> {
  const returned = await deps.workerDb.within({ entities: deps.config.hostedIds }, async (trx) => {
    const before = await lockRequest(trx, request.number);
    if (!before || before.inCharge !== request.inCharge || before.statusKind === "closed") return undefined;
    const set = {
      inCharge: null,
      team: null,
      assignee: null,
      assigneeName: null,
      deadline: null,
      competentReceivedAt: null,
    };
    const entry = timelineEntry({ kind: "triage", visibility: "status", details: { reason: why } });
    return writeChange(trx, deps, { before, procedure, change: { set, entries: [entry], why } });
  });
  if (returned) deps.nudge();
  return returned;
}
