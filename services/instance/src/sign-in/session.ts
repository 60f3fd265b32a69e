/** A site session, as routes see it. */
export interface Session {
  idHash: Buffer;
  entity: string;
  kind: "citizen" | "agent";
  clientId: string;
  sid: string;
  sub: string;
  /** Territory-wide id of a professional account; null for citizens. */
  agentId: string | null;
  /** The entity an agent acts for on this page's instance. */
  activeEntity: string | null;
  claims: SessionClaims;
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
