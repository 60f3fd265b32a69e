import type { Deps } from "../deps.ts";
import type { Language } from "../request-context.ts";
import type { Site } from "../sites/site.ts";
import { openRefreshToken } from "./access-tokens.ts";
import type { Session } from "./session.ts";
import { endSession } from "./session-repository.ts";

type Parts = Pick<Deps, "db" | "config" | "identity" | "tokens" | "log">;

/** Nobody who wants out waits longer than this for the provider. */
const PATIENCE_MS = 2_000;

/**
 * Ends a session here at once, and has the provider revoke what it gave (RFC 7009). That it doesn't answer keeps nobody
 * signed in: the tokens end with the provider's own session.
 */
export async function endProviderSession(parts: Parts, site: Site, session: Session): Promise<void> {
  const held = await endSession(parts.db, session.idHash);
  parts.tokens.forget(session.idHash);
  if (!held?.refreshSealed) return;
  const refreshToken = openRefreshToken(parts.config.keys.session, held.refreshSealed, session.idHash);
  const revoked = (async () => {
    const client = await parts.identity.clientOf(site.hosted);
    const openid = await import("openid-client");
    await openid.tokenRevocation(client, refreshToken, { token_type_hint: "refresh_token" });
  })().catch((err: unknown) => parts.log.warn({ err }, "a refresh token could not be revoked"));
  await Promise.race([revoked, new Promise<void>((resolve) => setTimeout(resolve, PATIENCE_MS).unref())]);
}

/**
 * Where to sign out of all sites (OpenID Connect RP-Initiated Logout 1.0 §2), undefined while the provider doesn't answer.
 * It is told the client and not the ID token, which would put a name in an address.
 */
export async function signOutUrl(parts: Parts, site: Site, lang: Language): Promise<string | undefined> {
  try {
    const client = await parts.identity.clientOf(site.hosted);
    const openid = await import("openid-client");
    return openid.buildEndSessionUrl(client, {
      post_logout_redirect_uri: `${site.origin}/deconnexion/retour`,
      ui_locales: lang,
    }).href;
  } catch (err) {
    parts.log.warn({ err }, "the identity provider could not be asked to sign out");
    return undefined;
  }
}
