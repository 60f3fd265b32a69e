import { requestErased } from "@interco/contracts/events/request-erased";
import { appendOutbox, eventLine } from "@interco/platform/outbox";
import { recordOwnAct } from "../audit/audit.ts";
import type { Database } from "../database.ts";
import type { Territory } from "../sites/territory.ts";
import { deleteRequest, lockForErasure } from "./erasure-repository.ts";
import { actForAll } from "./scope-repository.ts";

/** Why a request is erased: its author asks (GDPR art. 17), or it was closed then and its retention has ended (art. 5.1 e). */
export type ErasureCause = { kind: "demand" } | { kind: "retention"; closedAt: Date };

/**
 * Erases a request for ever, at its author's demand (GDPR art. 17) or at the end of its retention: its answers, photos, letters
 * and timeline here, and every copy by an event, the stream's included (the relay sees to that). The audit tells that it was, and
 * why. Under the worker's role. False: there is none, this entity doesn't own it, or it was opened again.
 */
export async function eraseRequest(
  deps: { workerDb: Database; territory: Territory; nudge: () => void },
  owner: string,
  requestId: string,
  cause: ErasureCause,
): Promise<boolean> {
  const erased = await deps.workerDb.within({ entities: [owner] }, async (trx) => {
    // Locked before anything is said: a repair that reads it at the same time says it before, never after.
    const request = await lockForErasure(trx, requestId);
    if (!request) return false;
    if (cause.kind === "retention" && request.closedAt?.getTime() !== cause.closedAt.getTime()) return false;
    await actForAll(trx, [owner, ...deps.territory.entities.map(({ id }) => id)]);
    const concerned = await deleteRequest(trx, requestId);
    const version = request.version + 1;
    await appendOutbox(
      trx,
      concerned
        .filter((entity) => entity !== owner && deps.territory.findById(entity)?.siteUrl)
        .map((to) =>
          eventLine(requestErased, { from: owner, to, aggregate: requestId, data: { requestId, version } }),
        ),
    );
    const details = { cause: cause.kind, procedure: request.procedure };
    await recordOwnAct(trx, owner, "request.erased", { requestId, details });
    return true;
  });
  deps.nudge();
  return erased;
}
