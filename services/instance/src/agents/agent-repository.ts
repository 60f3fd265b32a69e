import type { SeedAgent, SeedTeam } from "@interco/contracts/instance-seed";
import { runStatement, type Statement } from "@interco/platform/statement";
import { sql } from "kysely";
import type { Database, Transaction } from "../database.ts";
import type { Agent } from "./agent.ts";

const COLUMNS = [
  "entity",
  "email",
  "agent_id",
  "given_name",
  "family_name",
  "role",
  "teams",
  "authorised",
] as const;

export interface AgentRow {
  entity: string;
  email: string;
  agent_id: string | null;
  given_name: string;
  family_name: string;
  role: string;
  teams: string[];
  authorised: boolean;
}

export function toAgent(row: AgentRow): Agent {
  return {
    entity: row.entity,
    email: row.email,
    agentId: row.agent_id,
    givenName: row.given_name,
    familyName: row.family_name,
    role: row.role as Agent["role"],
    teams: row.teams,
    authorised: row.authorised,
  };
}

/** How an invitation stands: its mail on the way, sent, or refused by the identity provider; too old to be accepted. */
export type InvitationState = "leaving" | "sent" | "refused" | "expired";

/** The active agents of an entity, by name; of those who never came, how their invitation stands. */
export async function listAgents(
  db: Database,
  entity: string,
): Promise<(Agent & { invitation: InvitationState | null })[]> {
  const rows = await db.open
    .selectFrom("agent")
    .select(COLUMNS)
    .select(
      sql<InvitationState | null>`case when agent_id is not null then null
        when told_at is distinct from said_at then 'leaving'
        when told_refused then 'refused'
        when told_at < now() - interval '7 days' then 'expired'
        else 'sent' end`.as("invitation"),
    )
    .where("entity", "=", entity)
    .where("active", "=", true)
    .orderBy("family_name")
    .orderBy("given_name")
    .execute();
  return rows.map((row) => ({ ...toAgent(row), invitation: row.invitation }));
}

/** The statement of somebody's seats: by their territory-wide id, or offered to their verified e-mail in small letters. */
export const SEATS = (agentId: string, email: string): string =>
  `select ${COLUMNS.join(", ")} from agent where active and (agent_id = ${agentId} or (agent_id is null and email = ${email}))`;

const FIND_SEATS: Statement = { name: "find-agent-seats", text: SEATS("$1", "$2") };

/** Every entity somebody works for on this instance, by their territory-wide id or their invited, verified e-mail. */
export async function findAgentSeats(
  db: Database,
  who: { agentId: string; email: string | null },
): Promise<Agent[]> {
  const { rows } = await runStatement<AgentRow>(db.open, FIND_SEATS, [
    who.agentId,
    who.email?.toLowerCase() ?? null,
  ]);
  return rows.map(toAgent);
}

/** Binds an invitation to who accepted it by signing in; a bound one is never bound again. */
export async function bindAgent(
  trx: Transaction,
  entity: string,
  email: string,
  agentId: string,
): Promise<boolean> {
  const result = await trx
    .updateTable("agent")
    .set({ agent_id: agentId })
    .where("entity", "=", entity)
    .where("email", "=", email.toLowerCase())
    .where("agent_id", "is", null)
    .where("active", "=", true)
    // Somebody invited again under another address already has their seat.
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("agent as seat")
            .select("seat.email")
            .where("seat.entity", "=", entity)
            .where("seat.agent_id", "=", agentId),
        ),
      ),
    )
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Invites an agent who isn't there yet; without an id, whoever comes with that verified e-mail. Returns whether it was new. */
export async function inviteAgent(
  trx: Transaction,
  agent: Omit<SeedAgent, "agentId"> & { agentId: string | null },
): Promise<boolean> {
  const result = await trx
    .insertInto("agent")
    .values({
      entity: agent.entity,
      email: agent.email.toLowerCase(),
      agent_id: agent.agentId,
      given_name: agent.givenName,
      family_name: agent.familyName,
      role: agent.role,
      teams: agent.teams,
      authorised: agent.authorised,
      said_at: sql<Date>`date_trunc('milliseconds', clock_timestamp())`,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** One agent of an entity, active or not, kept from other changes until the transaction ends. */
export async function lockAgent(
  trx: Transaction,
  entity: string,
  email: string,
): Promise<(Agent & { active: boolean }) | undefined> {
  const row = await trx
    .selectFrom("agent")
    .select([...COLUMNS, "active"])
    .where("entity", "=", entity)
    .where("email", "=", email.toLowerCase())
    .forUpdate()
    .executeTakeFirst();
  return row && { ...toAgent(row), active: row.active };
}

/**
 * Changes whether an agent works here, is authorised on shared requests, or is awaited again (`agentId: null`). Whether they work
 * here is for the identity provider to hear: `active`, also where it was so, says it anew.
 */
export async function setAgent(
  trx: Transaction,
  agent: Pick<Agent, "entity" | "email">,
  set: Partial<Pick<Agent, "givenName" | "familyName" | "role" | "teams" | "authorised" | "agentId">> & {
    active?: boolean;
  },
): Promise<void> {
  await trx
    .updateTable("agent")
    .set({
      given_name: set.givenName,
      family_name: set.familyName,
      role: set.role,
      teams: set.teams,
      authorised: set.authorised,
      agent_id: set.agentId,
      active: set.active,
      ...(set.active ? { invited_at: sql<Date>`now()` } : {}),
      // The identity provider is told milliseconds, and what it heard is compared with this.
      ...(set.active === undefined
        ? {}
        : { said_at: sql<Date>`date_trunc('milliseconds', clock_timestamp())` }),
    })
    .where("entity", "=", agent.entity)
    .where("email", "=", agent.email)
    .executeTakeFirstOrThrow();
}

/** What the identity provider is to be told of somebody: who, whether they work here, and since when that is so. */
export interface AgentWord {
  email: string;
  givenName: string;
  familyName: string;
  works: boolean;
  saidAt: Date;
}

/** The entity's word on somebody as it is now; undefined once it has been heard. */
export async function findUntoldWord(
  trx: Transaction,
  entity: string,
  email: string,
): Promise<AgentWord | undefined> {
  const row = await trx
    .selectFrom("agent")
    .select(["email", "given_name", "family_name", "active", "said_at"])
    .where("entity", "=", entity)
    .where("email", "=", email)
    .where(sql<boolean>`told_at is distinct from said_at`)
    .executeTakeFirst();
  return (
    row && {
      email: row.email,
      givenName: row.given_name,
      familyName: row.family_name,
      works: row.active,
      saidAt: row.said_at,
    }
  );
}

/** The identity provider heard it, unless something else has been said since. */
export async function markTold(
  trx: Transaction,
  entity: string,
  { email, saidAt }: AgentWord,
  refused: boolean,
): Promise<void> {
  await trx
    .updateTable("agent")
    .set({ told_at: saidAt, told_refused: refused })
    .where("entity", "=", entity)
    .where("email", "=", email)
    .where("said_at", "=", saidAt)
    .execute();
}

/** Adds a team that isn't there yet. Returns whether it was new. */
export async function addTeam(trx: Transaction, team: SeedTeam): Promise<boolean> {
  const result = await trx
    .insertInto("team")
    .values(team)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** Where an active agent of an entity is written to. */
export async function findAgentAddress(
  db: Database,
  entity: string,
  agentId: string,
): Promise<string | undefined> {
  const row = await db.open
    .selectFrom("agent")
    .select("email")
    .where("entity", "=", entity)
    .where("agent_id", "=", agentId)
    .where("active", "=", true)
    .executeTakeFirst();
  return row?.email;
}

/** Every team of every entity known here, for lists that name many. */
export async function listAllTeams(db: Database): Promise<{ entity: string; code: string; name: string }[]> {
  return db.open.selectFrom("team").select(["entity", "code", "name"]).execute();
}

export async function listTeams(
  db: Database,
  entity: string,
): Promise<{ code: string; name: string; email: string | null }[]> {
  return db.open
    .selectFrom("team")
    .select(["code", "name", "email"])
    .where("entity", "=", entity)
    .orderBy("name")
    .execute();
}

/** The entities that authorised this agent to act for them here (on the agglomeration's instance). */
export async function listAuthorisations(
  db: Database,
  agentId: string,
): Promise<{ entity: string; rights: string[] }[]> {
  return db.open
    .selectFrom("authorisation")
    .select(["entity", "rights"])
    .where("agent_id", "=", agentId)
    .where("withdrawn_at", "is", null)
    .execute();
}

/**
 * Applies a commune's word about one of its agents; an older one changes nothing. Versions are seconds, and a withdrawal may
 * follow its grant within one: of equal ones the later comes last, since an aggregate's events keep their order.
 */
export async function setAuthorisation(
  trx: Transaction,
  entity: string,
  agentId: string,
  rights: string[],
  version: number,
  withdrawn: boolean,
): Promise<void> {
  const values = {
    rights,
    version,
    withdrawn_at: withdrawn ? sql<Date>`now()` : null,
  };
  await trx
    .insertInto("authorisation")
    .values({ entity, agent_id: agentId, ...values })
    .onConflict((conflict) =>
      conflict
        .columns(["entity", "agent_id"])
        .doUpdateSet(values)
        .where((eb) => eb("authorisation.version", "<=", version)),
    )
    .execute();
}

/**
 * Everyone the agglomeration may hold a word about, and what that word is now, kept from changing until the transaction ends:
 * said again while a withdrawal commits, an authorisation would outlive it.
 */
export async function lockAuthorisations(
  trx: Transaction,
  entity: string,
): Promise<{ agentId: string; role: Agent["role"]; authorised: boolean }[]> {
  const rows = await trx
    .selectFrom("agent")
    .select(["agent_id", "role", "authorised", "active"])
    .where("entity", "=", entity)
    .where("agent_id", "is not", null)
    .orderBy("email")
    .forUpdate()
    .execute();
  return rows.flatMap(({ agent_id, role, authorised, active }) =>
    agent_id ? [{ agentId: agent_id, role: role as Agent["role"], authorised: authorised && active }] : [],
  );
}
