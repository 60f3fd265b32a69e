import type { JobHelpers } from "graphile-worker";
import type { Request } from "../requests/request.ts";
import { findEarlierLetter } from "./letter-turn-repository.ts";
import { jobKey, type TaskDeps } from "./task.ts";

/** An earlier letter that is about to leave does so within this. */
const SHORTLY_MS = 1_000;

/**
 * The letters to a request's author leave in the order of what they tell, though jobs run side by side and each is tried again by
 * itself. True: an earlier one has still to leave, and this job has asked for itself again, a little after the other's next try. That
 * is to be the last thing it does: graphile-worker never tries a job again whose key another one has taken.
 */
export async function waitsForItsTurn(
  deps: TaskDeps,
  request: Request,
  helpers: JobHelpers,
): Promise<boolean> {
  const key = jobKey(helpers);
  const to = request.contact?.email;
  if (!to) return false;
  const earlier = await deps.workerDb.within({ entities: deps.config.hostedIds }, (trx) =>
    findEarlierLetter(trx, { requestId: request.id, to, key }),
  );
  if (!earlier) return false;
  const runAt = new Date(Math.max(Date.now(), earlier.getTime()) + SHORTLY_MS);
  await helpers.addJob(helpers.job.task_identifier as never, helpers.job.payload as never, {
    runAt,
    jobKey: key,
  });
  return true;
}
