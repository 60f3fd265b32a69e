import type { Changes, Relied } from "./artifact.ts";

export const SESSION_IDLE_SECONDS = 30 * 60;
export const SESSION_LIMIT_SECONDS = 12 * 60 * 60;

/** Two sites may be signed in to at once: neither request forgets the site the other one added to the session. */
const MERGED = `case excluded.kind when 'Session' then excluded.payload || jsonb_build_object('authorizations',
  coalesce(artifact.payload -> 'authorizations', '{}') || coalesce(excluded.payload -> 'authorizations', '{}'))
  else excluded.payload end`;
/** What is never saved again under its id: drawn at random, and told to one client. */
const WRITTEN_ONCE = new Set([
  "AuthorizationCode",
  "AccessToken",
  "RefreshToken",
  "PushedAuthorizationRequest",
]);
const COLUMNS = "id, kind, payload, account_id, grant_key, session_uid, signed_in_at, expires_at";
const TYPES = ["bytea", "text", "jsonb", "uuid", "bytea", "text", "timestamptz", "timestamptz", "boolean"];

export interface ApplyStatement {
  name: string;
  text: string;
  values: unknown[];
  /** It is committed before it is on disk. */
  lazily: boolean;
}

/**
 * One statement for all a request changes, with the parts it needs only (a request has one of some ten shapes,
 * each prepared once a connection). What may be used once is marked first, under its row's lock, and everything
 * else depends on that mark: of two requests with the same code, one stores tokens, the other nothing.
 */
export function applyStatement(changes: Changes): ApplyStatement {
  const { stored, consumed, assertions, extendedSessions, removed, revoked, existing, relied } = changes;
  const values: unknown[] = [];
  const $ = (value: unknown, type: string) => `$${values.push(value)}::${type}`;
  const parts: string[] = [];
  // A crash of PostgreSQL may lose half a second of sign-ins, which people then make again. What ends something
  // (a sign-out, a revocation) is on disk before it is said.
  const lazily = removed.length === 0 && revoked.length === 0;

  if (consumed.length > 0)
    parts.push(`used as (update artifact set consumed_at = now()
      where id = any(${$(consumed, "bytea[]")}) and consumed_at is null returning 1)`);
  if (assertions.length > 0) {
    const rows = assertions.map(
      (a) => `(${$(a.id, "bytea")}, ${$(a.expiresAt.toISOString(), "timestamptz")})`,
    );
    parts.push(`seen as (insert into assertion (id, expires_at) values ${rows.join()}
      on conflict do nothing returning 1)`);
  }
  parts.push(`gate as (select
    ${consumed.length > 0 ? `(select count(*) from used) = ${consumed.length}` : "true"} as unused,
    ${assertions.length > 0 ? `(select count(*) from seen) = ${assertions.length}` : "true"} as fresh,
    ${relied ? present(relied, $) : "true"} as present
    ${lazily ? ", set_config('synchronous_commit', 'off', true)" : ""})`);
  const replaced = stored.some((row) => !WRITTEN_ONCE.has(row.kind));
  if (stored.length > 0) {
    const rows = stored.map((row) => {
      const { id, kind, json, accountId, grantKey, sessionUid, signedInAt, expiresAt } = row;
      const cells = [
        id,
        kind,
        json,
        accountId,
        grantKey,
        sessionUid,
        // As text: the driver's own way of writing a date costs more than the rest of the row.
        signedInAt?.toISOString() ?? null,
        expiresAt.toISOString(),
        ...(replaced ? [existing.some((known) => known.equals(id))] : []),
      ];
      return `(${cells.map((cell, at) => $(cell, TYPES[at] ?? "text")).join()})`;
    });
    // PostgreSQL sets a statement's every expression up before it runs: tokens, which are most, come without.
    parts.push(
      replaced
        ? `stored as (insert into artifact (${COLUMNS})
      select ${COLUMNS} from gate, (values ${rows.join()}) r (${COLUMNS}, existing)
      where gate.unused and gate.fresh and gate.present
        and (not r.existing or exists (select 1 from artifact still where still.id = r.id))
      on conflict (id) do update set payload = ${MERGED}, account_id = excluded.account_id,
        signed_in_at = excluded.signed_in_at, expires_at = excluded.expires_at)`
        : `stored as (insert into artifact (${COLUMNS})
      select r.* from gate, (values ${rows.join()}) r where gate.unused and gate.fresh and gate.present)`,
    );
  }
  if (extendedSessions.length > 0)
    parts.push(`extended as (update artifact set expires_at = greatest(expires_at,
        least(now() + interval '${SESSION_IDLE_SECONDS} seconds', signed_in_at + interval '${SESSION_LIMIT_SECONDS} seconds'))
      from gate where gate.unused and gate.fresh and gate.present
        and session_uid = any(${$(extendedSessions, "text[]")}) and kind = 'Session' and expires_at > now())`);
  if (removed.length > 0)
    parts.push(`removed as (delete from artifact where id = any(${$(removed, "bytea[]")}))`);
  if (revoked.length > 0)
    parts.push(`revoked as (delete from artifact where grant_key = any(${$(revoked, "bytea[]")}))`);

  const shape = [consumed, assertions, stored, extendedSessions, removed, revoked]
    .map((list) => list.length)
    .join("-");
  const variant = `${replaced ? "-replaced" : ""}${relied ? "-relied" : ""}`;
  return {
    name: `artifact-apply-${shape}${variant}`,
    text: `with ${parts.join(",\n")} select unused, fresh, present from gate`,
    values,
    lazily,
  };
}

/** What the exchange of a code took from memory is there still. */
function present(relied: Relied, $: (value: unknown, type: string) => string): string {
  return `(exists (select from artifact g where g.id = ${$(relied.grantKey, "bytea")} and g.expires_at > now())
    and exists (select from artifact s
      where s.session_uid = ${$(relied.sessionUid, "text")} and s.kind = 'Session' and s.expires_at > now())
    and exists (select from account a where a.id = ${$(relied.accountId, "uuid")}
      and a.deactivated_at is null))`;
}
