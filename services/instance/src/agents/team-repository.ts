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

/** A team of an entity, by its code. */
export async function findTeam(
  db: Database,
  entity: string,
  code: string,
): Promise<{ entity: string; code: string; name: string; email: string | null } | undefined> {
  return db.open
    .selectFrom("team")
    .select(["entity", "code", "name", "email"])
    .where("entity", "=", entity)
    .where("code", "=", code)
    .executeTakeFirst();
}

/** Where the teams of an entity are written to. */
export async function listTeamAddresses(
  db: Database,
  entity: string,
): Promise<{ code: string; email: string | null }[]> {
  return db.open.selectFrom("team").select(["code", "email"]).where("entity", "=", entity).execute();
}

/** The name people know a team by. */
export async function findTeamName(db: Database, entity: string, code: string): Promise<string | undefined> {
  return (await findTeam(db, entity, code))?.name;
}
