import { entityOfUrn } from "@interco/contracts/entity-urn";
import { type Configuration, errors, interactionPolicy, type KoaContextWithOIDC } from "oidc-provider";
import type { AccountRow } from "../accounts/account-repository.ts";
import { SITE_METADATA, siteMetadataError } from "../clients/client-metadata.ts";
import { SESSION_IDLE_SECONDS, SESSION_LIMIT_SECONDS } from "./apply-statement.ts";
import { pairwiseSubject } from "./pairwise-subject.ts";
import type { ProviderClient } from "./provider-internals.ts";

/** The scope of every access token for an entity's requests. */
export const REQUESTS_SCOPE = "requests";
const ACCESS_TOKEN_SECONDS = 60;
const USERINFO_TOKEN_SECONDS = 5 * 60;
const INTERACTION_SECONDS = 60 * 60;

export interface ProviderParts {
  issuer: string;
  development: boolean;
  jwks: Configuration["jwks"];
  cookieKey: Buffer;
  pairwiseKey: Buffer;
  initialAccessToken: string;
  adapter: NonNullable<Configuration["adapter"]>;
  fetch: typeof fetch;
  findAccount(id: string): Promise<AccountRow | undefined>;
  entityExists(entity: string): Promise<boolean>;
  screens: Screens;
}

/** Pages oidc-provider asks for in the middle of its own work. Each sets body and headers of `ctx`. */
export interface Screens {
  error(ctx: KoaContextWithOIDC, error: Error): Promise<void>;
  confirmLogout(ctx: KoaContextWithOIDC, form: string): Promise<void>;
  loggedOut(ctx: KoaContextWithOIDC): Promise<void>;
}

/** Everything the provider is told: code flow with PKCE only, clients by key, pairwise subjects by entity. */
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
      end_session: "/session/end",
      pushed_authorization_request: "/request",
    },
    responseTypes: ["code"],
    pkce: { required: () => true },
    clientAuthMethods: ["private_key_jwt"],
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
      token_endpoint_auth_signing_alg: "ES256",
    },
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
      keys: [parts.cookieKey.toString("base64url")],
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
      revocation: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => parts.screens.confirmLogout(ctx, form),
        postLogoutSuccessSource: (ctx) => parts.screens.loggedOut(ctx),
      },
      registration: {
        enabled: true,
        initialAccessToken: parts.initialAccessToken,
        issueRegistrationAccessToken: false,
        // A site's client is its entity's: registering again replaces what was registered.
        idFactory: (ctx) => String((ctx.oidc.body as { entity?: unknown } | undefined)?.entity ?? ""),
      },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => false,
        getResourceServerInfo: async (_ctx, resource) => {
          const entity = entityOfUrn(resource);
          if (!entity || !(await parts.entityExists(entity))) throw new errors.InvalidTarget();
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
      validator: (_ctx, key, value, metadata) => {
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
        `/connexion/${interaction.uid}?site=${encodeURIComponent(String(interaction.params.client_id))}`,
    },
    loadExistingGrant,
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

/**
 * The territory's sites are the only clients and ask for nothing a person would have to be asked about:
 * the grant follows the request.
 */
async function loadExistingGrant(ctx: KoaContextWithOIDC) {
  const { client, account, session, provider } = ctx.oidc;
  if (!client || !account || !session) return undefined;
  const known = session.grantIdFor(client.clientId);
  const found = known ? await provider.Grant.find(known) : undefined;
  const grant =
    found?.accountId === account.accountId
      ? found
      : new provider.Grant({ clientId: client.clientId, accountId: account.accountId });
  const before = JSON.stringify([grant.openid, grant.resources]);
  grant.addOIDCScope(ctx.oidc.requestParamOIDCScopes);
  for (const resource of Object.keys(ctx.oidc.resourceServers ?? {}))
    grant.addResourceScope(resource, REQUESTS_SCOPE);
  if (!grant.jti || before !== JSON.stringify([grant.openid, grant.resources])) await grant.save();
  return grant;
}

/** oidc-provider's prompts, and one more reason to sign in: a backoffice needs a professional account. */
function signInPolicy(parts: ProviderParts) {
  const { Check, base } = interactionPolicy;
  const policy = base();
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
  policy.add(new interactionPolicy.Prompt({ name: "select_account", requestable: true }), 0);
  return policy;
}
