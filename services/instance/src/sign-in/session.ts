import type { Agent } from "../agents/agent.ts";

/** A site session, as routes see it. */
export interface Session {
  idHash: Buffer;
  entity: string;
  /** What the sign-in asked for: "agent" came through a backoffice. */
  kind: "citizen" | "agent";
  clientId: string;
  /** The identity provider's session, told apart for each client. */
  sid: string;
  /** Pairwise subject of this entity. */
  sub: string;
  /** Territory-wide id of a professional account; null for citizens, and for whoever has no such account. */
  agentId: string | null;
  /** The entity an agent chose to act for on this page's instance. */
  activeEntity: string | null;
  claims: SessionClaims;
  /** Of an agent's session: where they have or are offered a seat now, read with it. Null of a citizen's, and of one only just made. */
  seats: readonly Agent[] | null;
  createdAt: Date;
  /** When the identity provider was last asked: its own session lasts from there. */
  renewedAt: Date;
  expiresAt: Date;
}

/** What the identity provider said of the person at sign-in. */
export interface SessionClaims {
  name: string;
  givenName: string;
  familyName: string;
  email: string;
  emailVerified: boolean;
  accountKind: "personal" | "professional";
}

/** Without a request for this long, a session ends. */
export const IDLE_SECONDS = 30 * 60;

/** And it never lasts longer than this after sign-in. */
export const LIMIT_SECONDS = 12 * 60 * 60;

/** When a session used `now` ends: idle for half an hour, and never beyond its limit. */
export function sessionEnd(createdAt: Date, now: Date): Date {
  return new Date(Math.min(now.getTime() + IDLE_SECONDS * 1000, createdAt.getTime() + LIMIT_SECONDS * 1000));
}
