import { Problem } from "@interco/platform/problem";
import type { Transaction } from "../database.ts";
import { appendJobs, type ChangeDeps } from "./change-request.ts";
import { moveForCitizen } from "./citizen-move.ts";
import type { FollowScope } from "./follow-access.ts";
import type { Request } from "./request.ts";
import { findRequest } from "./request-repository.ts";
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
    await addEntries(trx, request, [entry]);
    if (request.statusKind === "waiting" && (await moveForCitizen(trx, deps, request, jobs))) return;
    await appendJobs(trx, request, jobs);
  });
  deps.nudge();
}

async function refuseTooMany(trx: Transaction, request: Request): Promise<void> {
  const dayAgo = Date.now() - 86_400_000;
  const recent = (await listTimeline(trx, request.id)).filter(
    ({ kind, at }) => kind === "citizen-message" && at.getTime() > dayAgo,
  );
  if (recent.length >= MANY_A_DAY) throw new Problem("request.messages", { status: 429 });
}
