import type { AdapterPayload } from "oidc-provider";
import type { Pool } from "pg";
import { type AccountRow, accountColumns, toAccount } from "../accounts/account-repository.ts";
import type { ArtifactRow } from "./artifact.ts";

export interface Stored {
  payload: AdapterPayload;
  expiresAt: Date;
  consumedAt: Date | null;
}

/** A code, token or session with what the provider asks for next, so that one query serves it all. */
export interface Surroundings {
  found: Stored;
  session: Stored | undefined;
  grant: Stored | undefined;
  account: AccountRow | undefined;
}

/** All that one request to the provider changes. */
export interface Changes {
  stored: ArtifactRow[];
  consumed: Buffer[];
  removed: Buffer[];
  revoked: Buffer[];
  assertions: { id: Buffer; expiresAt: Date }[];
  extendedSessions: string[];
  /** Those of `stored` that were read before: if somebody signed out meanwhile, they stay gone. */
  existing: Buffer[];
}

export interface Outcome {
  /** False: something to be used once had been used already, and nothing was stored. */
  unused: boolean;
  /** False: the client's assertion was a replay, and nothing was stored. */
  fresh: boolean;
}

export const SESSION_IDLE_SECONDS = 30 * 60;
export const SESSION_LIMIT_SECONDS = 12 * 60 * 60;

const columns = (alias: string) =>
  `${alias}.payload as ${alias}_payload, ${alias}.expires_at as ${alias}_expires_at, ${alias}.consumed_at as ${alias}_consumed_at`;

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

/** Two sites may be signed in to at once: neither request forgets the site the other one added to the session. */
const MERGED = `case excluded.kind when 'Session' then excluded.payload || jsonb_build_object('authorizations',
  coalesce(artifact.payload -> 'authorizations', '{}') || coalesce(excluded.payload -> 'authorizations', '{}'))
  else excluded.payload end`;

/**
 * One statement for all a request changes. What may be used once is marked first, under its row lock, and
 * everything else depends on that mark: of two requests with the same code, one stores tokens, the other nothing.
 */
const APPLY = {
  name: "artifact-apply",
  text: `with
    used as (update artifact set consumed_at = now() where id = any($1::bytea[]) and consumed_at is null returning 1),
    seen as (
      insert into assertion (id, expires_at) select * from unnest($2::bytea[], $3::timestamptz[])
      on conflict do nothing returning 1),
    gate as (
      select (select count(*) from used) = cardinality($1::bytea[]) as unused,
             (select count(*) from seen) = cardinality($2::bytea[]) as fresh,
             case when $15::boolean then set_config('synchronous_commit', 'off', true) end as commit),
    stored as (
      insert into artifact (id, kind, payload, account_id, grant_key, session_uid, signed_in_at, expires_at)
      select r.* from gate, unnest($4::bytea[], $5::text[], $6::jsonb[], $7::uuid[], $8::bytea[], $9::text[],
        $10::timestamptz[], $11::timestamptz[])
        r (id, kind, payload, account_id, grant_key, session_uid, signed_in_at, expires_at)
      where gate.unused and gate.fresh
        and (not r.id = any($16::bytea[]) or exists (select 1 from artifact still where still.id = r.id))
      on conflict (id) do update set payload = ${MERGED}, account_id = excluded.account_id,
        signed_in_at = excluded.signed_in_at, expires_at = excluded.expires_at),
    extended as (
      update artifact set expires_at = greatest(expires_at, least(now() + interval '${SESSION_IDLE_SECONDS} seconds',
        signed_in_at + interval '${SESSION_LIMIT_SECONDS} seconds'))
      from gate
      where gate.unused and gate.fresh
        and session_uid = any($12::text[]) and kind = 'Session' and expires_at > now()),
    removed as (delete from artifact where id = any($13::bytea[])),
    revoked as (delete from artifact where grant_key = any($14::bytea[]))
    select unused, fresh from gate`,
};

/** Reads and writes the provider's artifacts, in as few statements as it can. */
export class ArtifactRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async find(id: Buffer): Promise<Stored | undefined> {
    const { rows } = await this.#pool.query({ ...FIND, values: [id] });
    return part(rows[0], "t");
  }

  async findSession(id: Buffer, clientId: string): Promise<Surroundings | undefined> {
    const { rows } = await this.#pool.query({ ...FIND_SESSION, values: [id, clientId] });
    return surroundings(rows[0]);
  }

  async findToken(id: Buffer): Promise<Surroundings | undefined> {
    const { rows } = await this.#pool.query({ ...FIND_TOKEN, values: [id] });
    return surroundings(rows[0]);
  }

  async findSessionByUid(uid: string): Promise<Stored | undefined> {
    const { rows } = await this.#pool.query({ ...FIND_BY_UID, values: [uid] });
    return part(rows[0], "t");
  }

  async apply(changes: Changes): Promise<Outcome> {
    const { stored, assertions } = changes;
    const { rows } = await this.#pool.query<Outcome>({
      ...APPLY,
      values: [
        changes.consumed,
        assertions.map((a) => a.id),
        assertions.map((a) => a.expiresAt),
        stored.map((r) => r.id),
        stored.map((r) => r.kind),
        stored.map((r) => JSON.stringify(r.payload)),
        stored.map((r) => r.accountId),
        stored.map((r) => r.grantKey),
        stored.map((r) => r.sessionUid),
        stored.map((r) => r.signedInAt),
        stored.map((r) => r.expiresAt),
        changes.extendedSessions,
        changes.removed,
        changes.revoked,
        // A crash of PostgreSQL may lose half a second of sign-ins, which people then make again. What ends
        // something (a sign-out, a revocation) is on disk before it is said.
        changes.removed.length === 0 && changes.revoked.length === 0,
        changes.existing,
      ],
    });
    return rows[0] ?? { unused: false, fresh: false };
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
  if (!row?.[`${alias}_payload`]) return undefined;
  return {
    payload: row[`${alias}_payload`] as AdapterPayload,
    expiresAt: row[`${alias}_expires_at`] as Date,
    consumedAt: row[`${alias}_consumed_at`] as Date | null,
  };
}

function surroundings(row: Row | undefined): Surroundings | undefined {
  const found = part(row, "t");
  if (!row || !found) return undefined;
  return { found, session: part(row, "s"), grant: part(row, "g"), account: toAccount(row, "a") };
}
