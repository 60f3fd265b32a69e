import { getStatus } from "@interco/kernel/procedure";
import { availableActions } from "@interco/kernel/workflow";
import type { OutboxJob } from "@interco/platform/outbox";
import type { Transaction } from "../database.ts";
import { type ChangeDeps, writeChange } from "./change-request.ts";
import type { Request } from "./request.ts";
import { lockRequest } from "./request-repository.ts";
import { actForAll } from "./scope-repository.ts";
import { timelineEntry } from "./timeline.ts";

/**
 * Moves a request on by the one action its workflow opens to its author from where it stands: answering where it waits for them,
 * reopening where it is closed. Every entity concerned sees it, and the clock runs again. False: there is none.
 *
 * The caller has read the request as its author, which is the permission.
 */
export async function moveForCitizen(
  trx: Transaction,
  deps: ChangeDeps,
  seen: Request,
  jobs: OutboxJob[],
): Promise<boolean> {
  const procedure = await deps.procedures.getVersion(seen.entity, seen.procedureSlug, seen.procedureVersion);
  // The lock needs the rights of who processes it.
  await actForAll(trx, [seen.entity, ...(seen.inCharge ? [seen.inCharge] : [])]);
  const request = await lockRequest(trx, seen.number);
  const [action] = request
    ? availableActions(procedure.definition, request.status, { actor: "citizen", answers: request.answers })
    : [];
  const status = action && getStatus(procedure.definition, action.to);
  if (!request || !status) return false;
  const moved = timelineEntry({
    kind: "status",
    visibility: "status",
    details: { status: status.code, statusLabel: status.label },
  });
  const set = {
    status: status.code,
    statusKind: status.kind,
    plannedFor: null,
    closedAt: null,
    closingReason: null,
  };
  await writeChange(trx, deps, {
    before: request,
    procedure,
    change: { set, entries: [moved], jobs },
  });
  return true;
}
