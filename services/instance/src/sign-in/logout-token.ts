import type { Site } from "../sites/site.ts";
import type { IdentityProvider } from "./identity-provider.ts";

/** What a valid logout token says: whose sessions end. */
export interface LogoutWord {
  jti: string;
  /** Until when it must be remembered, so that it can't come twice. */
  expiresAt: Date;
  who: { sid?: string; sub?: string };
}

const EVENT = "http://schemas.openid.net/event/backchannel-logout";
/** How old a logout token may be: the provider signs a new one each time it tries again. */
const FRESH_SECONDS = 180;

/**
 * Validates a logout token as OpenID Connect Back-Channel Logout 1.0 §2.6 says: signature, issuer, audience (this client), expiry,
 * age, the event it carries, `sid` or `sub`, no `nonce` (an ID token is no logout token). Undefined when any of it fails;
 * that it hasn't come before is the caller's to check, in the transaction that ends the sessions.
 */
export async function readLogoutToken(
  identity: IdentityProvider,
  site: Site,
  token: string,
): Promise<LogoutWord | undefined> {
  const claims = await identity.verify(token, {
    audience: site.hosted.client.id,
    typ: "logout+jwt",
    requiredClaims: ["iss", "aud", "iat", "exp", "jti", "events"],
    maxTokenAge: FRESH_SECONDS,
  });
  if (!claims) return undefined;
  const { jti, sid, sub, events, exp = 0 } = claims as typeof claims & { sid?: unknown; events?: unknown };
  const event = typeof events === "object" && events !== null && (events as Record<string, unknown>)[EVENT];
  if (typeof event !== "object" || event === null) return undefined;
  if ("nonce" in claims || typeof jti !== "string") return undefined;
  if (sid !== undefined && typeof sid !== "string") return undefined;
  if (sid === undefined && sub === undefined) return undefined;
  // One that is accepted a little after its expiry (clocks differ) must be remembered beyond it.
  const expiresAt = new Date((exp + FRESH_SECONDS) * 1000);
  return { jti, expiresAt, who: { ...(sid ? { sid } : {}), ...(sub ? { sub } : {}) } };
}
