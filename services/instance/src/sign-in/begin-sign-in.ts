import { ACR } from "@interco/contracts/authentication-context";
import { Problem } from "@interco/platform/problem";
import type { Language } from "../request-context.ts";
import type { Site } from "../sites/site.ts";
import type { Attempt } from "./attempt.ts";
import type { IdentityProvider } from "./identity-provider.ts";

export interface SignInWish extends Pick<Attempt, "returnTo" | "space" | "silent" | "personal"> {
  lang: Language;
  /** Let the person choose another account than the one they are signed in with. */
  otherAccount: boolean;
}

/**
 * An authorization request (OpenID Connect Core 1.0 §3.1.2.1) with PKCE (RFC 7636), state and nonce, and what its answer
 * will be checked against. It is pushed (RFC 9126): the address a person is sent to says nothing, and can't be changed on the
 * way. Throws `sign-in.unavailable` while the provider doesn't answer, `sign-in.failed` where it refuses.
 */
export async function beginSignIn(
  identity: IdentityProvider,
  site: Site,
  wish: SignInWish,
): Promise<{ url: string; attempt: Attempt }> {
  const client = await identity.clientOf(site.hosted);
  const openid = await import("openid-client");
  const { lang, otherAccount, ...kept } = wish;
  const attempt: Attempt = {
    ...kept,
    state: openid.randomState(),
    nonce: openid.randomNonce(),
    verifier: openid.randomPKCECodeVerifier(),
  };
  const prompt = wish.silent ? "none" : otherAccount ? "select_account" : undefined;
  const parameters = {
    redirect_uri: `${site.origin}/connexion/retour`,
    scope: `openid profile email offline_access${wish.space === "agent" ? " agent" : ""}`,
    state: attempt.state,
    nonce: attempt.nonce,
    code_challenge: await openid.calculatePKCECodeChallenge(attempt.verifier),
    code_challenge_method: "S256",
    ui_locales: lang,
    ...(prompt ? { prompt } : {}),
    ...(wish.space === "agent" ? { acr_values: ACR.multi } : {}),
    ...(wish.personal ? { account_kind: "personal" } : {}),
  };
  try {
    const url = await openid.buildAuthorizationUrlWithPAR(client, parameters);
    return { url: url.href, attempt };
  } catch (cause) {
    const refused = cause instanceof openid.ResponseBodyError && cause.status < 500;
    throw refused
      ? new Problem("sign-in.failed", { status: 400, cause })
      : new Problem("sign-in.unavailable", { status: 503, cause });
  }
}
