import type { Federation, FederationAccount } from "@interco/contracts/federation";
import type { InstanceSeed, SeedAgent, SeedTeam, TerritoryEntity } from "@interco/contracts/instance-seed";
import { proceduresOf, type StartingData } from "../federation/starting-data.ts";
import type { State } from "../state/state.ts";

type InstanceLine = Federation["instances"][number];

/** How one instance starts. @throws Error when an agent's account doesn't exist yet: accounts come before seeds. */
export function instanceSeed(
  federation: Federation,
  state: State,
  territory: TerritoryEntity[],
  data: StartingData,
  line: InstanceLine,
): InstanceSeed {
  const id = (code: string) => state.entities[code]?.id ?? "";
  const accounts = (federation.accounts ?? []).filter(
    (account) => account.role !== "citizen" && line.hosts.includes(account.entity ?? ""),
  );
  return {
    territory,
    hosted: line.hosts.map(id),
    procedures: line.hosts.flatMap((code) =>
      proceduresOf(data, code, federation.agglomeration).map((definition) => ({
        entity: id(code),
        definition,
      })),
    ),
    dispatchTables: line.hosts.includes(federation.agglomeration) ? data.dispatch : [],
    teams: line.hosts.flatMap((code) => teamsOf(federation, code, id(code))),
    agents: accounts.map((account) => seedAgent(account, state, id(account.entity ?? ""))),
  };
}

/**
 * What of a seed belongs to the instance itself. A commune that joins changes the territory of all: the others
 * learn it from the agglomeration's event, and are not seeded again for it.
 */
export function ownPart(seed: InstanceSeed): InstanceSeed {
  return { ...seed, territory: seed.territory.filter((entity) => seed.hosted.includes(entity.id)) };
}

function teamsOf(federation: Federation, code: string, entity: string): SeedTeam[] {
  const teams = federation.entities.find((line) => line.code === code)?.teams ?? [];
  return teams.map((team) => ({ entity, code: team.code, name: team.name, email: team.email ?? null }));
}

function seedAgent(account: FederationAccount, state: State, entity: string): SeedAgent {
  const agentId = state.accounts[account.email]?.agentId;
  if (!agentId || account.role === "citizen") throw new Error(`${account.email} has no agent's account`);
  return {
    entity,
    agentId,
    email: account.email,
    givenName: account.givenName,
    familyName: account.familyName,
    role: account.role,
    teams: account.teams ?? [],
    authorised: account.authorised ?? account.role === "agent",
  };
}
