import { ACR } from "@interco/contracts/authentication-context";
import { Problem } from "@interco/platform/problem";
import type { IDToken } from "openid-client";
import { findActingAgent } from "../agents/acting-agent.ts";
import { recordAct } from "../audit/audit.ts";
import type { Deps } from "../deps.ts";
import type { Site } from "../sites/site.ts";
import { sealRefreshToken } from "./access-tokens.ts";
import type { Attempt } from "./attempt.ts";
import { endProviderSession } from "./end-session.ts";
import type { Session, SessionClaims } from "./session.ts";
import { createSession, endSession } from "./session-repository.ts";

/** Answers to `prompt=none` that only say that somebody would have to be asked (OpenID Connect Core 1.0 §3.1.2.6). */
const WOULD_ASK = [
  "login_required",
  "interaction_required",
  "consent_required",
  "account_selection_required",
];

/**
 * Checks the provider's answer (state, iss by RFC 9207, nonce, PKCE, the ID token's issuer, audience, signature and expiry) and
 * opens a session under a new token: whatever cookie the browser held before is worth nothing afterwards (fixation).
 * An agent's ID token must tell of two factors. Returns undefined where a silent attempt found nobody signed in. Throws `sign-in.failed` or `sign-in.unavailable`.
 */
export async function completeSignIn(
  deps: Deps,
  site: Site,
  answer: URL,
  attempt: Attempt,
  before: Session | null,
): Promise<{ token: string; session: Session } | undefined> {
  const tokens = await exchangeCode(deps, site, answer, attempt);
  const claims = tokens?.claims();
  if (!tokens || !claims) return undefined;
  const agentId = attempt.space === "agent" ? optionalText(claims, "agent_id") : null;
  if (agentId !== null && claims.acr !== ACR.multi)
    throw failed("the ID token of an agent tells of one factor only");
  const { refresh_token: refreshToken } = tokens;
  const opened = await createSession(deps.db, {
    entity: site.entity.id,
    kind: attempt.space,
    clientId: site.hosted.client.id,
    sid: text(claims, "sid"),
    sub: claims.sub,
    agentId,
    claims: personOf(claims),
    ...(refreshToken
      ? { sealRefreshToken: (id: Buffer) => sealRefreshToken(deps.config.keys.session, refreshToken, id) }
      : {}),
  });
  if (before) await replaceSession(deps, site, before, opened.session);
  if (opened.session.agentId) await recordAgentSignIn(deps, site, opened.session);
  return opened;
}

async function exchangeCode(deps: Deps, site: Site, answer: URL, attempt: Attempt) {
  const client = await deps.identity.clientOf(site.hosted);
  const openid = await import("openid-client");
  try {
    return await openid.authorizationCodeGrant(client, answer, {
      expectedState: attempt.state,
      expectedNonce: attempt.nonce,
      pkceCodeVerifier: attempt.verifier,
      idTokenExpected: true,
    });
  } catch (cause) {
    if (cause instanceof openid.AuthorizationResponseError) {
      if (attempt.silent && WOULD_ASK.includes(cause.error)) return undefined;
      const busy = cause.error === "temporarily_unavailable" || cause.error === "server_error";
      throw busy
        ? new Problem("sign-in.unavailable", { status: 503, cause })
        : new Problem("sign-in.failed", { status: 400, cause });
    }
    const answered = cause instanceof openid.ClientError || cause instanceof openid.ResponseBodyError;
    if (answered && (statusOf(cause) ?? 0) < 500 && (cause as { code?: string }).code !== "OAUTH_TIMEOUT")
      throw new Problem("sign-in.failed", { status: 400, cause });
    throw new Problem("sign-in.unavailable", { status: 503, cause });
  }
}

/** The HTTP status of the answer an error tells of, which the library keeps somewhere among its causes. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { status, cause } = error as { status?: unknown; cause?: unknown };
  return typeof status === "number" ? status : statusOf(cause);
}

/** The session this browser had here is over. Another sign-in's tokens are revoked; the same sign-in's would take the new ones along. */
async function replaceSession(deps: Deps, site: Site, before: Session, after: Session): Promise<void> {
  if (before.sid !== after.sid) return endProviderSession(deps, site, before);
  await endSession(deps.db, before.idHash);
  deps.tokens.forget(before.idHash);
}

/** The journal of the entity they act for says that an agent came. One without a seat is told so at their first page. */
async function recordAgentSignIn(deps: Deps, site: Site, session: Session): Promise<void> {
  const acting = await findActingAgent(deps, site.entity, session).catch((error: unknown) => {
    if (error instanceof Problem && error.status === 403) return undefined;
    throw error;
  });
  const author = acting?.author ?? {
    entity: site.entity.id,
    agentId: session.agentId ?? "",
    name: session.claims.name,
  };
  const details = { site: site.entity.id, seat: acting !== undefined };
  await deps.db.within({ entities: [author.entity] }, (trx) =>
    recordAct(trx, author, "agent.signed-in", { details }),
  );
}

function personOf(claims: IDToken): SessionClaims {
  return {
    name: text(claims, "name"),
    givenName: text(claims, "given_name"),
    familyName: text(claims, "family_name"),
    email: text(claims, "email"),
    emailVerified: claims.email_verified === true,
    accountKind: claims.account_kind === "professional" ? "professional" : "personal",
  };
}

function text(claims: IDToken, name: string): string {
  const value = optionalText(claims, name);
  if (value === null) throw failed(`the ID token has no ${name}`);
  return value;
}

function optionalText(claims: IDToken, name: string): string | null {
  const value = claims[name];
  return typeof value === "string" && value !== "" ? value : null;
}

function failed(reason: string): Problem {
  return new Problem("sign-in.failed", { status: 400, cause: new Error(reason) });
}
