import { DispatchSeed } from "@interco/contracts/dispatch";
import { InstanceSeed } from "@interco/contracts/instance-seed";
import { ProcedureDefinition } from "@interco/contracts/procedure";
import { connectDatabase } from "@interco/platform/postgres";
import { Value } from "typebox/value";
import { addTeam, inviteAgent } from "./agents/agent-repository.ts";
import type { Config } from "./config.ts";
import type { Transaction } from "./database.ts";
import { addReferenceTable } from "./dispatch/reference-table-repository.ts";
import { publishNewProcedure } from "./procedures/procedure-repository.ts";
import type { DB } from "./schema.ts";
import { announce } from "./sharing/announce.ts";
import { upsertEntity } from "./sites/entity-repository.ts";
import { startSiteContent } from "./sites/site-content-repository.ts";

/**
 * Makes the hosted entities start as `input` (an InstanceSeed) says, in one transaction, as the database's owner.
 * What exists and was edited stays. Returns how many rows were new or changed: 0 the second time.
 * What other instances must know of it leaves through the outbox.
 */
export async function seedInstance(config: Config, input: unknown): Promise<number> {
  const seed = check(InstanceSeed, input, "seed");
  const db = connectDatabase<DB>(config.database.owner, { max: 1, name: `interco-seed-${config.name}` });
  try {
    return await db.within({ entities: config.hostedIds }, async (trx) => {
      const changes = await writeSeed(trx, seed);
      await announce(trx, config, seed, changes);
      return Object.values(changes).reduce((sum, list) => sum + list.length, 0);
    });
  } finally {
    await db.close();
  }
}

/** What a seed made or changed, by kind: codes or ids. */
export interface SeedChanges {
  entities: string[];
  content: string[];
  procedures: ProcedureDefinition[];
  references: string[];
  teams: InstanceSeed["teams"];
  agents: InstanceSeed["agents"];
}

async function writeSeed(trx: Transaction, seed: InstanceSeed): Promise<SeedChanges> {
  const hosted = new Set(seed.hosted);
  const changes: SeedChanges = {
    entities: [],
    content: [],
    procedures: [],
    references: [],
    teams: [],
    agents: [],
  };
  for (const entity of seed.territory) {
    if (await upsertEntity(trx, entity, hosted.has(entity.id))) changes.entities.push(entity.id);
    if (hosted.has(entity.id) && entity.content && (await startSiteContent(trx, entity.id, entity.content)))
      changes.content.push(entity.id);
  }
  for (const [position, { entity, definition }] of seed.procedures.entries()) {
    const procedure = check(ProcedureDefinition, definition, "procedure");
    if (await publishNewProcedure(trx, entity, procedure, position)) changes.procedures.push(procedure);
  }
  const owner = seed.territory.find((entity) => entity.kind === "agglomeration" && hosted.has(entity.id));
  for (const item of seed.dispatchTables) {
    if (!owner) throw new Error("reference tables belong to the agglomeration's instance");
    const reference = check(DispatchSeed, item, "reference table");
    const [kind, definition] =
      "table" in reference
        ? (["table", reference.table] as const)
        : "streets" in reference
          ? (["streets", reference.streets] as const)
          : (["roster", reference.roster] as const);
    if (await addReferenceTable(trx, owner.id, kind, definition)) changes.references.push(definition.code);
  }
  for (const team of seed.teams) if (await addTeam(trx, team)) changes.teams.push(team);
  for (const agent of seed.agents) if (await inviteAgent(trx, agent)) changes.agents.push(agent);
  return changes;
}

function check<T extends import("typebox").TSchema>(
  schema: T,
  value: unknown,
  what: string,
): import("typebox").Static<T> {
  if (Value.Check(schema, value)) return value as import("typebox").Static<T>;
  const [first] = Value.Errors(schema, value);
  throw new Error(`a ${what} is not valid: ${first?.instancePath ?? ""} ${first?.message ?? ""}`);
}
