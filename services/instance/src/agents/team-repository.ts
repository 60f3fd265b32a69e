import type { SeedTeam } from "@interco/contracts/instance-seed";
import type { Database, Transaction } from "../database.ts";

/** Makes a team what its entity says it is. */
export async function setTeam(trx: Transaction, team: SeedTeam): Promise<void> {
  await trx
    .insertInto("team")
    .values(team)
    .onConflict((conflict) =>
      conflict.columns(["entity", "code"]).doUpdateSet({ name: team.name, email: team.email }),
    )
    .execute();
}

export async function removeTeam(trx: Transaction, entity: string, code: string): Promise<void> {
  await trx.deleteFrom("team").where("entity", "=", entity).where("code", "=", code).execute();
}

/** The name people know a team by. */
export async function findTeamName(db: Database, entity: string, code: string): Promise<string | undefined> {
  const row = await db.open
    .selectFrom("team")
    .select("name")
    .where("entity", "=", entity)
    .where("code", "=", code)
    .executeTakeFirst();
  return row?.name;
}
