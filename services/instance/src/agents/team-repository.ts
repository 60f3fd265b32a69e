import type { SeedTeam } from "@interco/contracts/instance-seed";
import type { Transaction } from "../database.ts";

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
