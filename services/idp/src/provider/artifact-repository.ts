import { type AccountRow, accountColumns, toAccount } from "../accounts/account-repository.ts";
import { applyStatement } from "./apply-statement.ts";
import type { Changes, Outcome, Stored } from "./artifact.ts";
import type { Statements } from "./statement-lane.ts";

/** A code, token or session with what the provider asks for next, so that one query serves it all. */
export interface Surroundings {
  found: Stored;
  session: Stored | undefined;
  grant: Stored | undefined;
  account: AccountRow | undefined;
}

const columns = (alias: string) =>
  `${alias}.payload::text as ${alias}_json, ${alias}.expires_at as ${alias}_expires_at, ${alias}.consumed_at as ${alias}_consumed_at`;

// Statements are named, so that each connection prepares them once.
const FIND = {
  name: "artifact-find",
  text: `select ${columns("t")} from artifact t where t.id = $1`,
};
const FIND_SESSION = {
  name: "artifact-find-session",
  text: `select ${columns("t")}, ${columns("g")}, ${accountColumns("a")}
    from artifact t
    left join artifact g
      on g.id = sha256(convert_to('Grant:' || (t.payload #>> array['authorizations', $2, 'grantId']), 'UTF8'))
    left join account a on a.id = t.account_id
    where t.id = $1 and t.expires_at > now()`,
};
const FIND_TOKEN = {
  name: "artifact-find-token",
  text: `select ${columns("t")}, ${columns("s")}, ${columns("g")}, ${accountColumns("a")}
    from artifact t
    left join artifact s on s.session_uid = t.session_uid and s.kind = 'Session' and s.expires_at > now()
    left join artifact g on g.id = t.grant_key
    left join account a on a.id = t.account_id
    where t.id = $1`,
};
const FIND_BY_UID = {
  name: "artifact-find-by-uid",
  text: `select ${columns("t")} from artifact t
    where t.session_uid = $1 and t.kind = 'Session' and t.expires_at > now()`,
};

/** Reads and writes the provider's artifacts, in as few statements as it can. */
export class ArtifactRepository {
  readonly #pool: Statements;
  readonly #lane: Statements;

  /** @param lane where statements go that nobody waits long for; what waits for the disk goes to `pool` */
  constructor(pool: Statements, lane: Statements) {
    this.#pool = pool;
    this.#lane = lane;
  }

  async find(id: Buffer): Promise<Stored | undefined> {
    const { rows } = await this.#lane.query({ ...FIND, values: [id] });
    return part(rows[0], "t");
  }

  async findSession(id: Buffer, clientId: string): Promise<Surroundings | undefined> {
    const { rows } = await this.#lane.query({ ...FIND_SESSION, values: [id, clientId] });
    return surroundings(rows[0]);
  }

  async findToken(id: Buffer): Promise<Surroundings | undefined> {
    const { rows } = await this.#lane.query({ ...FIND_TOKEN, values: [id] });
    return surroundings(rows[0]);
  }

  async findSessionByUid(uid: string): Promise<Stored | undefined> {
    const { rows } = await this.#lane.query({ ...FIND_BY_UID, values: [uid] });
    return part(rows[0], "t");
  }

  async apply(changes: Changes): Promise<Outcome> {
    const { lazily, ...statement } = applyStatement(changes);
    const { rows } = await (lazily ? this.#lane : this.#pool).query<Outcome>(statement);
    return rows[0] ?? { unused: false, fresh: false, present: false };
  }

  /** A session's thirty minutes begin again. */
  async extendSession(uid: string): Promise<void> {
    const nothing = { stored: [], consumed: [], assertions: [], existing: [], removed: [], revoked: [] };
    await this.apply({ ...nothing, extendedSessions: [uid], relied: undefined });
  }

  /** Removes at most `limit` expired rows of each table; returns how many went. Called until it returns less. */
  async removeExpired(limit: number): Promise<number> {
    const { rows } = await this.#pool.query<{ removed: number }>({
      name: "artifact-remove-expired",
      text: `with
        a as (delete from artifact where id in
          (select id from artifact where expires_at < now() limit $1 for update skip locked) returning 1),
        b as (delete from assertion where id in
          (select id from assertion where expires_at < now() limit $1 for update skip locked) returning 1)
        select greatest((select count(*) from a), (select count(*) from b)) as removed`,
      values: [limit],
    });
    return Number(rows[0]?.removed ?? 0);
  }
}

type Row = Record<string, unknown>;

function part(row: Row | undefined, alias: string): Stored | undefined {
  if (!row?.[`${alias}_json`]) return undefined;
  return {
    json: row[`${alias}_json`] as string,
    expiresAt: row[`${alias}_expires_at`] as Date,
    consumedAt: row[`${alias}_consumed_at`] as Date | null,
  };
}

function surroundings(row: Row | undefined): Surroundings | undefined {
  const found = part(row, "t");
  if (!row || !found) return undefined;
  return { found, session: part(row, "s"), grant: part(row, "g"), account: toAccount(row, "a") };
}
