import { entityOfUrn } from "@interco/contracts/entity-urn";
import { type Configuration, errors, interactionPolicy, type KoaContextWithOIDC } from "oidc-provider";
import type { AccountRow } from "../accounts/account-repository.ts";
import { isSite, SITE_METADATA, siteMetadataError } from "../clients/client-metadata.ts";
import { OWN_CLIENT } from "../clients/own-client.ts";
import { ACR, needsSecondFactor, wantedAcr } from "./acr.ts";
import { SESSION_IDLE_SECONDS, SESSION_LIMIT_SECONDS } from "./apply-statement.ts";
import { type FindConsent, grantOfRequest } from "./grant-of-request.ts";
import { pairwiseSubject } from "./pairwise-subject.ts";
import type { ProviderClient } from "./provider-internals.ts";

/** The scope of every access token for an entity's requests. */
export const REQUESTS_SCOPE = "requests";
/** What a site may ask for; one that has a backoffice registers with `agent` besides (RFC 7591 §2, `scope`). */
const ACCESS_TOKEN_SECONDS = 60;
const USERINFO_TOKEN_SECONDS = 5 * 60;
const INTERACTION_SECONDS = 60 * 60;

export interface ProviderParts {
  issuer: string;
  development: boolean;
  jwks: Configuration["jwks"];
  /** The first signs, all are known. */
  cookieKeys: string[];
  pairwiseKey: Buffer;
  initialAccessToken: string;
  adapter: NonNullable<Configuration["adapter"]>;
  fetch: typeof fetch;
  findAccount(id: string): Promise<AccountRow | undefined>;
  /** Whether an entity has a site here, which takes tokens. */
  siteExists(entity: string): Promise<boolean>;
  findConsent: FindConsent;
  screens: Screens;
}

/** Pages oidc-provider asks for in the middle of its own work. Each sets body and headers of `ctx`. */
export interface Screens {
  error(ctx: KoaContextWithOIDC, error: Error): Promise<void>;
  confirmLogout(ctx: KoaContextWithOIDC, form: string): Promise<void>;
  loggedOut(ctx: KoaContextWithOIDC): Promise<void>;
}

/**
 * Everything the provider is told: code flow only, by pushed requests with PKCE, clients by key, pairwise subjects by entity.
 * The client of a certification profile alone may be registered without (`client-metadata.ts`).
 */
export function providerConfiguration(parts: ProviderParts): Configuration {
  const secure = !parts.development;
  return {
    adapter: parts.adapter,
    jwks: parts.jwks,
    fetch: parts.fetch as Configuration["fetch"],
    routes: {
      authorization: "/auth",
      token: "/token",
      userinfo: "/me",
      jwks: "/jwks",
      registration: "/reg",
      revocation: "/token/revocation",
      introspection: "/token/introspection",
      end_session: "/session/end",
      pushed_authorization_request: "/request",
    },
    responseTypes: ["code"],
    pkce: { required: (_ctx, client) => (client as ProviderClient).require_pkce },
    clientAuthMethods: ["private_key_jwt", "client_secret_basic", "client_secret_post"],
    enabledJWA: {
      clientAuthSigningAlgValues: ["ES256", "RS256"],
      idTokenSigningAlgValues: ["ES256", "RS256"],
      userinfoSigningAlgValues: ["ES256", "RS256"],
    },
    clientDefaults: {
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      id_token_signed_response_alg: "ES256",
      token_endpoint_auth_method: "private_key_jwt",
      require_pushed_authorization_requests: true,
    },
    // A portal where a professional account can't do what is wanted asks for a personal one.
    extraParams: { account_kind: checkAccountKind },
    acrValues: Object.values(ACR),
    scopes: ["openid", "offline_access", "profile", "email", "agent", REQUESTS_SCOPE],
    claims: {
      openid: ["sub", "sid", "auth_time", "acr", "amr"],
      profile: ["name", "given_name", "family_name", "account_kind"],
      email: ["email", "email_verified"],
      agent: ["agent_id", "account_kind"],
    },
    // Sites keep ID tokens on their side: the claims are in them, and a sign-in costs no call to userinfo.
    conformIdTokenClaims: false,
    subjectTypes: ["pairwise"],
    pairwiseIdentifier: async (_ctx, accountId, client) =>
      pairwiseSubject(parts.pairwiseKey, (client as ProviderClient).entity, accountId),
    sectorIdentifierUriValidate: () => false,
    cookies: {
      keys: parts.cookieKeys,
      names: {
        session: secure ? "__Host-session" : "session",
        interaction: secure ? "__Secure-interaction" : "interaction",
        resume: secure ? "__Secure-resume" : "resume",
      },
      long: { httpOnly: true, sameSite: "lax", signed: true, secure, path: "/" },
      short: { httpOnly: true, sameSite: "lax", signed: true, secure },
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      backchannelLogout: { enabled: true },
      claimsParameter: { enabled: true, assertClaimsParameter: async (_ctx, claims) => assertClaims(claims) },
      revocation: { enabled: true },
      // RFC 7662, of a client's own tokens: of another's it says what it says of none.
      introspection: {
        enabled: true,
        allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId,
      },
      pushedAuthorizationRequests: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => parts.screens.confirmLogout(ctx, form),
        postLogoutSuccessSource: (ctx) => parts.screens.loggedOut(ctx),
      },
      registration: {
        enabled: true,
        initialAccessToken: parts.initialAccessToken,
        issueRegistrationAccessToken: true,
        // A site's client is its entity's: registering again replaces what was registered.
        idFactory: (ctx) => String((ctx.oidc.body as { entity?: unknown } | undefined)?.entity ?? ""),
      },
      // Not rotated: whoever registered keeps it beside the client's key, which is worth more.
      registrationManagement: { enabled: true, rotateRegistrationAccessToken: false },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => false,
        getResourceServerInfo: async (_ctx, resource, client) => {
          const entity = entityOfUrn(resource);
          if (!entity || !isSite(client as ProviderClient) || !(await parts.siteExists(entity)))
            throw new errors.InvalidTarget();
          return {
            scope: REQUESTS_SCOPE,
            audience: resource,
            accessTokenTTL: ACCESS_TOKEN_SECONDS,
            accessTokenFormat: "jwt",
            jwt: { sign: { alg: "ES256" } },
          };
        },
      },
    },
    formats: {
      customizers: {
        // The audience's own pairwise subject: no identifier is common to two entities.
        jwt: (_ctx, token, parts_) => {
          const entity = entityOfUrn(String(token.aud));
          if (entity && "accountId" in token && token.accountId)
            parts_.payload.sub = pairwiseSubject(parts.pairwiseKey, entity, token.accountId as string);
        },
      },
    },
    extraClientMetadata: {
      properties: [...SITE_METADATA],
      validator: (ctx, key, value, metadata) => {
        // The provider's own is no site. A registration, which has a context, is never taken for it.
        if (!ctx && metadata.client_id === OWN_CLIENT) return;
        const wrong = siteMetadataError(
          key,
          value,
          metadata as unknown as Record<string, unknown>,
          parts.development,
        );
        if (wrong) throw new errors.InvalidClientMetadata(wrong);
      },
    },
    // A site session ends with the provider's, and extends it at each renewal: one is bound to the other.
    expiresWithSession: () => true,
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed("refresh_token"),
    rotateRefreshToken: true,
    ttl: {
      AccessToken: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? USERINFO_TOKEN_SECONDS,
      AuthorizationCode: 60,
      IdToken: 10 * 60,
      Interaction: INTERACTION_SECONDS,
      Grant: SESSION_LIMIT_SECONDS,
      RefreshToken: SESSION_LIMIT_SECONDS,
      Session: (_ctx, session) => sessionSeconds(session.loginTs as number | undefined),
    },
    discovery: { ui_locales_supported: ["fr", "en"], claims_locales_supported: undefined },
    interactions: {
      policy: signInPolicy(parts),
      // The site's id goes along, so that a page whose cookie is gone still knows the way back.
      url: (_ctx, interaction) =>
        `/connexion/${interaction.uid}${interaction.prompt.name === "consent" ? "/accord" : ""}?site=${encodeURIComponent(String(interaction.params.client_id))}`,
    },
    loadExistingGrant: (ctx) => grantOfRequest(ctx, parts.findConsent, REQUESTS_SCOPE),
    findAccount: async (_ctx, id) => {
      const account = await parts.findAccount(id);
      return (
        account && { accountId: account.id, claims: async () => ({ sub: account.id, ...claimsOf(account) }) }
      );
    },
    renderError: (ctx, _out, error) => parts.screens.error(ctx, error),
  };
}

/** 30 minutes from now, and never beyond 12 hours after sign-in. */
function sessionSeconds(signedInAt: number | undefined): number {
  if (!signedInAt) return INTERACTION_SECONDS;
  const left = signedInAt + SESSION_LIMIT_SECONDS - Math.floor(Date.now() / 1000);
  return Math.max(1, Math.min(SESSION_IDLE_SECONDS, left));
}

function claimsOf(account: AccountRow) {
  return {
    given_name: account.givenName,
    family_name: account.familyName,
    name: `${account.givenName} ${account.familyName}`,
    email: account.email,
    email_verified: account.emailVerified,
    account_kind: account.kind,
    ...(account.agentId ? { agent_id: account.agentId } : {}),
  };
}

/** `account_kind=personal` is all it can say. @throws InvalidRequest */
function checkAccountKind(_ctx: KoaContextWithOIDC, value: string | undefined): void {
  if (value !== undefined && value !== "personal")
    throw new errors.InvalidRequest("account_kind can only be personal");
}

/**
 * The claims parameter says how somebody has to be authenticated, nothing more: what a site learns follows its scopes.
 *
 * @throws UnmetAuthenticationRequirements where what it can't do without can't be had here
 */
function assertClaims(claims: { userinfo?: object | null; id_token?: object | null }): void {
  const asked = [...Object.keys(claims.userinfo ?? {}), ...Object.keys(claims.id_token ?? {})];
  if (asked.some((claim) => !["acr", "amr", "auth_time", "sub"].includes(claim)))
    throw new errors.InvalidRequest("claims can ask for acr, amr, auth_time and sub");
  const wanted = wantedAcr({ claims: JSON.stringify(claims) });
  if (wanted.essential && wanted.unknown)
    throw new errors.UnmetAuthenticationRequirements("no such authentication is done here");
}

/**
 * oidc-provider's prompts, and more reasons to sign in: a backoffice needs a professional account and a second factor, a request
 * may need a personal one, and an account that was deactivated, however somebody came to be signed in with it, is none.
 */
function signInPolicy(parts: ProviderParts) {
  const { Check, base } = interactionPolicy;
  const policy = base();
  policy.get("login")?.checks.add(
    new Check("account_deactivated", "the account is deactivated", "login_required", (ctx) => {
      const gone = Boolean(ctx.oidc.session?.accountId) && !ctx.oidc.account;
      return gone ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT;
    }),
  );
  policy.get("login")?.checks.add(
    new Check("personal_account", "a personal account is needed", "login_required", async (ctx) => {
      const { oidc } = ctx;
      if (oidc.params?.account_kind !== "personal" || !oidc.session?.accountId)
        return Check.NO_NEED_TO_PROMPT;
      const account = await parts.findAccount(oidc.session.accountId);
      return account?.kind === "personal" ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT;
    }),
  );
  policy.get("login")?.checks.add(
    new Check("professional_account", "a professional account is needed", "login_required", async (ctx) => {
      const { oidc } = ctx;
      if (!oidc.requestParamOIDCScopes.has("agent") || !oidc.session?.accountId)
        return Check.NO_NEED_TO_PROMPT;
      // Somebody who just signed in with a personal account has no other one: the backoffice will say so.
      if (oidc.result?.login) return Check.NO_NEED_TO_PROMPT;
      const account = await parts.findAccount(oidc.session.accountId);
      return account?.kind === "professional" ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT;
    }),
  );
  // Theirs want one value and no other: who showed two factors would be asked for one for ever.
  for (const strict of ["essential_acr", "essential_acrs"]) policy.get("login")?.checks.remove(strict);
  policy.get("login")?.checks.add(
    new Check("second_factor", "a second factor is needed", "login_required", async ({ oidc }) => {
      if (!oidc.session?.accountId || oidc.session.acr === ACR.multi) return Check.NO_NEED_TO_PROMPT;
      const params = oidc.params ?? {};
      if (!oidc.requestParamOIDCScopes.has("agent") && !wantedAcr(params).multi)
        return Check.NO_NEED_TO_PROMPT;
      const account = await parts.findAccount(oidc.session.accountId);
      return account && needsSecondFactor(params, account.kind)
        ? Check.REQUEST_PROMPT
        : Check.NO_NEED_TO_PROMPT;
    }),
  );
  policy.add(new interactionPolicy.Prompt({ name: "select_account", requestable: true }), 0);
  return policy;
}
