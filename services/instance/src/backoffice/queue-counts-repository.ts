import { runStatement, type Statement } from "@interco/platform/statement";
import type { Transaction } from "../database.ts";

/** Counters stop here and show "999+": counting a million rows on every page would be all the page does. */
export const COUNTED_AT_MOST = 1_000;

/** What waits in the queues an agent sees, each count at most `COUNTED_AT_MOST`; `toProcess` told apart by team and origin. */
export interface Counted {
  toProcess: readonly { team: string | null; shared: boolean; n: number }[];
  toDispatch: number;
  late: number;
  mine: number;
  shared: number;
}

const LATEST = "received_at desc, request_id desc";

const counted = (condition: string, order = LATEST) =>
  `(select count(*) from (select from request_entity where entity = $1 and ${condition}
      order by ${order} limit ${COUNTED_AT_MOST}) counted)`;

const unless = (known: string, count: string) => `case when not ${known}::boolean then ${count} end`;

/**
 * Every part reads a bounded piece of a partial index, and the larger ones nothing but the index (that is what its INCLUDE
 * is for). The order keeps the planner from a sequential scan. $1: entity, $2: agent, $3 to $7: counts not asked for.
 */
export const COUNT_QUEUES: Statement = {
  name: "count-queues",
  text: `select ${unless(
    "$3",
    `(select json_agg(alike) from (select team, shared, count(*) as n from (
        select team, shared from request_entity where entity = $1 and relation = 'in_charge' and status_kind <> 'closed'
        order by ${LATEST} limit ${COUNTED_AT_MOST}) waiting group by team, shared) alike)`,
  )} as "toProcess",
    ${unless("$4", counted("relation = 'triage' and status_kind <> 'closed'"))} as "toDispatch",
    ${unless("$5", counted("relation = 'in_charge' and status_kind <> 'closed' and status_kind = 'open' and deadline is not null and deadline < now()", "deadline, request_id"))} as late,
    ${unless("$6", counted("assignee = $2 and relation = 'in_charge' and status_kind <> 'closed'"))} as mine,
    ${unless("$7", counted("shared and status_kind <> 'closed' and relation <> 'gone'"))} as shared`,
};

/** The counts for one agent of an entity, but for those known; in a `planned` transaction, as its `last` statement or not. */
export async function countQueues(
  trx: Transaction,
  entity: string,
  agentId: string,
  { known, last }: { known: Partial<Counted>; last: boolean },
): Promise<Counted> {
  const { toProcess, toDispatch, late, mine, shared } = known;
  const skipped = [toProcess, toDispatch, late, mine, shared].map((count) => count !== undefined);
  const { rows } = await runStatement<Counted>(trx, { ...COUNT_QUEUES, last }, [entity, agentId, ...skipped]);
  const [counts] = rows;
  if (!counts) throw new Error("a count has no row");
  return { ...counts, toProcess: counts.toProcess ?? [], ...known };
}
