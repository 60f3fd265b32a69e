import { type RawBuilder, sql } from "kysely";
import type { Transaction } from "../database.ts";

/** Counters stop here and show "999+": counting a million rows on every page would be all the page does. */
export const COUNTED_AT_MOST = 1_000;

/** How many requests wait in each queue, at most `COUNTED_AT_MOST`. */
export interface QueueCounts {
  toProcess: number;
  /** Of those, from the agglomeration. */
  toProcessShared: number;
  toDispatch: number;
  late: number;
  mine: number;
  shared: number;
  /** By team code, of those to process. */
  teams: Record<string, number>;
}

export async function countQueues(trx: Transaction, entity: string, agentId: string): Promise<QueueCounts> {
  const { rows } = await (countStatement(entity, agentId) as RawBuilder<QueueCounts>).execute(trx);
  const [counts] = rows;
  if (!counts) throw new Error("a count has no row");
  return { ...counts, teams: counts.teams ?? {} };
}

/**
 * The statement, for the test that asks its plan: every part reads a bounded piece of a partial index, and the larger ones
 * nothing but the index (that is what its INCLUDE is for). The order keeps the planner from a sequential scan.
 */
export function countStatement(entity: string, agentId: string): RawBuilder<unknown> {
  const at_most = sql.raw(String(COUNTED_AT_MOST));
  const count = (condition: RawBuilder<unknown>, order = sql`received_at desc, request_id desc`) =>
    sql`(select count(*) from (select from request_entity where entity = ${entity} and ${condition}
      order by ${order} limit ${at_most}) counted)`;
  return sql`with to_process as materialized (
      select team, shared from request_entity
      where entity = ${entity} and relation = 'in_charge' and status_kind <> 'closed'
      order by received_at desc, request_id desc limit ${at_most})
    select (select count(*) from to_process) as "toProcess",
      (select count(*) from to_process where shared) as "toProcessShared",
      (select jsonb_object_agg(team, n) from (select team, count(*) as n from to_process where team is not null group by team) by_team) as teams,
      ${count(sql`relation = 'triage' and status_kind <> 'closed'`)} as "toDispatch",
      ${count(sql`relation = 'in_charge' and status_kind <> 'closed' and status_kind = 'open' and deadline is not null and deadline < now()`, sql`deadline, request_id`)} as late,
      ${count(sql`assignee = ${agentId} and relation = 'in_charge' and status_kind <> 'closed'`)} as mine,
      ${count(sql`shared and status_kind <> 'closed' and relation <> 'gone'`)} as shared`;
}
