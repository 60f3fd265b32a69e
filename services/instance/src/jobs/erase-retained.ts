import type { Logger } from "@interco/platform/log";
import type { Database } from "../database.ts";
import { eraseRequest } from "../requests/erase-request.ts";
import { listDueForErasure } from "../requests/erasure-repository.ts";
import type { Territory } from "../sites/territory.ts";

const BATCH = 200;
/** An hour's share: each erasure is an event for every entity concerned, and a purge of the stream. The next hour goes on. */
const MOST = 2_000;

/**
 * Erases what the entities hosted here own and have kept long enough, one request a transaction. What can't be erased is said, and
 * tried again the next hour; the others go on. Returns how many were erased.
 */
export async function eraseRetained(
  deps: {
    workerDb: Database;
    territory: Territory;
    nudge: () => void;
    log: Logger;
    config: { hostedIds: readonly string[] };
  },
  signal: AbortSignal,
): Promise<number> {
  const { workerDb, config, log } = deps;
  let erased = 0;
  for (const owner of config.hostedIds) {
    const left: string[] = [];
    while (!signal.aborted && erased < MOST) {
      const due = await workerDb.within({ entities: [owner] }, (trx) =>
        listDueForErasure(trx, owner, left, BATCH),
      );
      if (due.length === 0) break;
      for (const { id, closedAt } of due) {
        if (signal.aborted) return erased;
        try {
          if (await eraseRequest(deps, owner, id, { kind: "retention", closedAt })) erased += 1;
          else left.push(id);
        } catch (err) {
          left.push(id);
          log.error({ alert: "erasure_failed", err, requestId: id }, "a request can't be erased");
        }
      }
    }
  }
  if (erased > 0) log.info({ erased }, "requests kept long enough are erased");
  return erased;
}
