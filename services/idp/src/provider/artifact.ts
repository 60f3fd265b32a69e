import { hash } from "node:crypto";
import type { AdapterPayload } from "oidc-provider";

/** A session, interaction, grant, code or token as the table `artifact` keeps it. */
export interface ArtifactRow {
  id: Buffer;
  kind: string;
  json: string;
  accountId: string | null;
  grantKey: Buffer | null;
  sessionUid: string | null;
  signedInAt: Date | null;
  expiresAt: Date;
}

/** What is stored in place of a token. The kind is part of it: a refresh token is never found as an access token. */
export function artifactKey(kind: string, id: string): Buffer {
  return hash("sha256", `${kind}:${id}`, "buffer");
}

/** The row of what oidc-provider wants stored, without a single value that works as a token. */
export function toRow(kind: string, id: string, payload: AdapterPayload, expiresIn: number): ArtifactRow {
  const isSession = kind === "Session";
  // A sign-in that has its credentials and waits for its browser is that account's already: it ends with its sessions.
  const { login } = (payload.result ?? {}) as { login?: { accountId?: string } };
  return {
    id: artifactKey(kind, id),
    kind,
    json: JSON.stringify(withoutTokens(id, payload)),
    accountId: login?.accountId ?? payload.session?.accountId ?? payload.accountId ?? null,
    grantKey: payload.grantId && kind !== "Interaction" ? artifactKey("Grant", payload.grantId) : null,
    sessionUid: (isSession ? payload.uid : payload.sessionUid) ?? null,
    signedInAt: isSession && payload.loginTs ? new Date(payload.loginTs * 1000) : null,
    expiresAt: new Date(Date.now() + expiresIn * 1000),
  };
}

function withoutTokens(id: string, payload: AdapterPayload): AdapterPayload {
  const { jti: _jti, exp: _exp, ...stored } = payload;
  // An interaction's id is the value of its cookie, its return address ends with it,
  // and it remembers the session's cookie. (`parJti` lives a minute, and begins what these rows hold anyway.)
  if (payload.kind !== "Interaction") return stored;
  const session = stored.session && { ...stored.session, cookie: undefined };
  return { ...stored, session, returnTo: payload.returnTo?.replace(id, "") };
}

/** An artifact as it was read. Its payload is parsed for each who asks: oidc-provider changes what it gets. */
export interface Stored {
  json: string;
  expiresAt: Date;
  consumedAt: Date | null;
}

/** What oidc-provider gets back. `id` is unknown where a session was found by its uid: such a one is only read. */
export function fromRow(kind: string, id: string | undefined, row: Stored): AdapterPayload {
  const payload: AdapterPayload = JSON.parse(row.json);
  if (id) payload.jti = id;
  if (kind === "Interaction" && id) payload.returnTo = `${payload.returnTo}${id}`;
  payload.exp = Math.floor(row.expiresAt.getTime() / 1000);
  if (row.consumedAt) payload.consumed = Math.floor(row.consumedAt.getTime() / 1000);
  return payload;
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
  relied: Relied | undefined;
}

/** What was taken from memory instead of being read: nothing is stored where one of them is gone. */
export interface Relied {
  grantKey: Buffer;
  sessionUid: string;
  accountId: string;
}

export interface Outcome {
  /** False: something to be used once had been used already, and nothing was stored. */
  unused: boolean;
  /** False: the client's assertion was a replay, and nothing was stored. */
  fresh: boolean;
  /** False: what the request relied on is gone, and nothing was stored. */
  present: boolean;
}
