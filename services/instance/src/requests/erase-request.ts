import { requestErased } from "@interco/contracts/events/request-erased";
import { appendOutbox, eventLine } from "@interco/platform/outbox";
import type { Database } from "../database.ts";
import type { Territory } from "../sites/territory.ts";
import { deleteRequest, lockForErasure } from "./erasure-repository.ts";
import { actForAll } from "./scope-repository.ts";

/**
 * Erases a request for ever, at its author's demand (GDPR art. 17) or at the end of its retention: its answers, photos, letters
 * and timeline here, and every copy by an event, the stream's included (the relay sees to that). Under the worker's role.
 * False: there is none, or this entity doesn't own it.
 */
export async function eraseRequest(
  deps: { workerDb: Database; territory: Territory; nudge: () => void },
  owner: string,
  requestId: string,
): Promise<boolean> {
  const erased = await deps.workerDb.within({ entities: [owner] }, async (trx) => {
    // Locked before anything is said: a repair that reads it at the same time says it before, never after.
    const request = await lockForErasure(trx, requestId);
    if (!request) return false;
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
    return true;
  });
  deps.nudge();
  return erased;
}
