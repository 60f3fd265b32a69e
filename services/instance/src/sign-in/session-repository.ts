import { hashToken, newToken } from "@interco/platform/secrets";
import { runStatement, type Statement } from "@interco/platform/statement";
import { type Selectable, sql } from "kysely";
import { type AgentRow, SEATS, toAgent } from "../agents/agent-repository.ts";
import type { Database, Transaction } from "../database.ts";
import type { Session as SessionTable } from "../schema.ts";
import { type Session, type SessionClaims, sessionEnd } from "./session.ts";

export interface NewSession extends Pick<Session, "entity" | "kind" | "clientId" | "sid" | "sub" | "claims"> {
  agentId?: string | null;
  /** The refresh token, sealed for this session: made from the row's id, which is known only here. */
  sealRefreshToken?: (idHash: Buffer) => Buffer;
}

const COLUMNS = [
  "id_hash",
  "entity",
  "kind",
  "client_id",
  "sid",
  "sub",
  "agent_id",
  "active_entity",
  "claims",
  "renewed_at",
  "created_at",
  "expires_at",
] as const;

/** Opens a session under a new token, which is for the cookie alone: only its hash is kept. */
export async function createSession(
  db: Database,
  input: NewSession,
  now = new Date(),
): Promise<{ token: string; session: Session }> {
  const token = newToken();
  const idHash = hashToken(token);
  const row = await db.open
    .insertInto("session")
    .values({
      id_hash: idHash,
      entity: input.entity,
      kind: input.kind,
      client_id: input.clientId,
      sid: input.sid,
      sub: input.sub,
      agent_id: input.agentId ?? null,
      claims: JSON.stringify(input.claims),
      refresh_sealed: input.sealRefreshToken?.(idHash) ?? null,
      renewed_at: now,
      created_at: now,
      expires_at: sessionEnd(now, now),
    })
    .returning(COLUMNS)
    .executeTakeFirstOrThrow();
  return { token, session: toSession(row) };
}

/** Every page of somebody signed in asks it: an agent's seats come with their session, in the same trip. */
const FIND_SESSION: Statement = {
  name: "find-session",
  text: `select ${COLUMNS.join(", ")}, case when kind = 'agent' then (select coalesce(json_agg(seat), '[]') from (${SEATS(
    "session.agent_id",
    "case when (session.claims->>'emailVerified')::boolean then lower(session.claims->>'email') end",
  )}) seat) end as seats from session where id_hash = $1 and entity = $2 and expires_at > now()`,
};

/** The session of a cookie on one entity's site: a cookie carried to another site of this process finds nothing. */
export async function findSession(
  db: Database,
  idHash: Buffer,
  entity: string,
): Promise<Session | undefined> {
  const { rows } = await runStatement<SessionRow>(db.open, FIND_SESSION, [idHash, entity]);
  return rows[0] && toSession(rows[0]);
}

/** Lets a session in use last longer, unless it is being renewed at the provider just now: no page waits for that. */
export async function extendSession(db: Database, idHash: Buffer, expiresAt: Date): Promise<void> {
  await sql`
    update session set expires_at = ${expiresAt} where id_hash in (
      select id_hash from session where id_hash = ${idHash} and expires_at < ${expiresAt} for update skip locked)`.execute(
    db.open,
  );
}

/** Remembers the entity an agent chose to act for. */
export async function chooseEntity(db: Database, idHash: Buffer, entity: string): Promise<void> {
  await db.open.updateTable("session").set({ active_entity: entity }).where("id_hash", "=", idHash).execute();
}

/** Ends one session; gives what it held, to be revoked. */
export async function endSession(
  db: Database | { open: Transaction },
  idHash: Buffer,
): Promise<{ refreshSealed: Buffer | null } | undefined> {
  const row = await db.open
    .deleteFrom("session")
    .where("id_hash", "=", idHash)
    .returning("refresh_sealed")
    .executeTakeFirst();
  return row && { refreshSealed: row.refresh_sealed };
}

/** Sealed refresh token of a session, its row locked until the transaction ends: nobody else renews it meanwhile. */
export async function lockRefreshToken(
  trx: Transaction,
  idHash: Buffer,
): Promise<{ refreshSealed: Buffer | null } | undefined> {
  const row = await trx
    .selectFrom("session")
    .select("refresh_sealed")
    .where("id_hash", "=", idHash)
    .where("expires_at", ">", sql<Date>`now()`)
    .forUpdate()
    .executeTakeFirst();
  return row && { refreshSealed: row.refresh_sealed };
}

/** Keeps the refresh token that replaces the one just used. */
export async function replaceRefreshToken(
  trx: Transaction,
  idHash: Buffer,
  refreshSealed: Buffer,
): Promise<void> {
  await trx
    .updateTable("session")
    .set({ refresh_sealed: refreshSealed, renewed_at: sql<Date>`now()` })
    .where("id_hash", "=", idHash)
    .execute();
}

/** A logout token's word: ends the client's sessions of one `sid`, or all of a `sub` where it names no `sid`. */
export async function endSessionsOf(
  trx: Transaction,
  clientId: string,
  who: { sid?: string; sub?: string },
): Promise<Buffer[]> {
  if (who.sid === undefined && who.sub === undefined) throw new Error("a logout token names somebody");
  let query = trx.deleteFrom("session").where("client_id", "=", clientId);
  if (who.sid !== undefined) query = query.where("sid", "=", who.sid);
  if (who.sub !== undefined) query = query.where("sub", "=", who.sub);
  const rows = await query.returning("id_hash").execute();
  return rows.map((row) => row.id_hash);
}

/** Ends every session of an agent on one entity's site. */
export async function endAgentSessions(trx: Transaction, entity: string, agentId: string): Promise<void> {
  await trx.deleteFrom("session").where("entity", "=", entity).where("agent_id", "=", agentId).execute();
}

/** Remembers a logout token; false when it came before. */
export async function useLogoutToken(trx: Transaction, jti: string, expiresAt: Date): Promise<boolean> {
  const result = await trx
    .insertInto("logout_token")
    .values({ jti, expires_at: expiresAt })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** Removes at most `limit` ended sessions, and as many used logout tokens and kept forms; returns how many there were. */
export async function removeExpired(db: Database, limit = 500): Promise<number> {
  const sessions = await sql`
    delete from session where id_hash in (
      select id_hash from session where expires_at < now() order by expires_at limit ${limit} for update skip locked)`.execute(
    db.open,
  );
  const tokens = await sql`
    delete from logout_token where jti in (
      select jti from logout_token where expires_at < now() limit ${limit} for update skip locked)`.execute(
    db.open,
  );
  const forms = await sql`
    delete from kept_form where id in (
      select id from kept_form where expires_at < now() limit ${limit} for update skip locked)`.execute(
    db.open,
  );
  return Number(
    (sessions.numAffectedRows ?? 0n) + (tokens.numAffectedRows ?? 0n) + (forms.numAffectedRows ?? 0n),
  );
}

type SessionRow = Pick<Selectable<SessionTable>, (typeof COLUMNS)[number]> & { seats?: AgentRow[] | null };

function toSession(row: SessionRow): Session {
  return {
    idHash: row.id_hash,
    entity: row.entity,
    kind: row.kind as Session["kind"],
    clientId: row.client_id,
    sid: row.sid,
    sub: row.sub,
    agentId: row.agent_id,
    activeEntity: row.active_entity,
    claims: row.claims as SessionClaims,
    seats: row.seats?.map(toAgent) ?? null,
    createdAt: row.created_at,
    renewedAt: row.renewed_at,
    expiresAt: row.expires_at,
  };
}
