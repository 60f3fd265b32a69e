import { jobsOfAggregate } from "@interco/platform/job-maker";
import { runStatement, type Statement } from "@interco/platform/statement";
import type { Transaction } from "../database.ts";

/** A letter tried more often (some three hours) isn't waited for: the next one may still get through. */
const TRIES = 10;

const EARLIER: Statement = {
  name: "find-earlier-letter",
  last: true,
  // What else "request-filed" does may fail long after its letter has left.
  text: `select max(job.run_at) as at from graphile_worker.jobs job
    where job.key > $1 and job.key < $2
      and job.attempts <= ${TRIES}
      and (job.task_identifier in ('citizen-forwarded', 'citizen-told')
        or job.task_identifier = 'request-filed' and not exists (
          select from letter where request_id = $3 and recipient = $4 and sent_at is not null))`,
};

/** When the last of the letters to a request's author that come before this job's will be tried, of those still to leave. */
export async function findEarlierLetter(
  trx: Transaction,
  { requestId, to, key }: { requestId: string; to: string; key: string },
): Promise<Date | undefined> {
  const { above } = jobsOfAggregate(requestId);
  // One made by hand has no place in the order.
  if (!key.startsWith(above)) return undefined;
  const { rows } = await runStatement<{ at: Date | null }>(trx, EARLIER, [above, key, requestId, to]);
  return rows[0]?.at ?? undefined;
}
