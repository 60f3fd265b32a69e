import { runLast, runStatement, type Statement } from "@interco/platform/statement";
import { sql } from "kysely";
import type { Transaction } from "../database.ts";

/** A team of an entity, as notices name it. */
export interface NotedTeam {
  entity: string;
  team: string;
}

const NOTE: Statement = {
  name: "note-for-team",
  last: true,
  text: `with noted as (
      insert into team_notice (owner, entity, team, request_id) values ($1, $2, $3, $4) on conflict do nothing
    )
    select told_at from team_told where entity = $2 and team = $3`,
};

/** Notes that a team is to be told of a request, and commits. Returns when it was last told of any. */
export async function noteForTeam(
  trx: Transaction,
  request: { owner: string; id: string },
  { entity, team }: NotedTeam,
): Promise<Date | undefined> {
  const { rows } = await runStatement<{ told_at: Date }>(trx, NOTE, [
    request.owner,
    entity,
    team,
    request.id,
  ]);
  return rows[0]?.told_at;
}

/** The requests this job tells a team of: those it took before, should it run again, else all that wait. */
export async function takeNotices(
  trx: Transaction,
  { entity, team }: NotedTeam,
  job: string,
): Promise<string[]> {
  const waiting = trx
    .updateTable("team_notice")
    .set({ job })
    .where("entity", "=", entity)
    .where("team", "=", team)
    .where("job", "is", null)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom("team_notice as taken").select("taken.job").where("taken.job", "=", job))),
    );
  await waiting.execute();
  const { rows } = await runLast(
    trx,
    trx
      .selectFrom("team_notice")
      .select("request_id")
      .where("entity", "=", entity)
      .where("team", "=", team)
      .where("job", "=", job)
      .orderBy("request_id"),
  );
  return rows.map(({ request_id }) => request_id);
}

/** The letter has left: forgets what it told, and remembers when. */
export async function closeNotices(
  trx: Transaction,
  { entity, team }: NotedTeam,
  job: string,
): Promise<void> {
  await trx
    .deleteFrom("team_notice")
    .where("entity", "=", entity)
    .where("team", "=", team)
    .where("job", "=", job)
    .execute();
  await trx
    .insertInto("team_told")
    .values({ entity, team, told_at: sql<Date>`now()` })
    .onConflict((conflict) => conflict.columns(["entity", "team"]).doUpdateSet({ told_at: sql<Date>`now()` }))
    .execute();
}
