import type { Federation, FederationAccount, Official } from "@interco/contracts/federation";
import { serviceFetch } from "@interco/platform/http-client";
import { issuerOf, originOf } from "../state/addresses.ts";
import type { State } from "../state/state.ts";

/** RFC 7591 metadata of an entity's client: everything of it is on the entity's own origin. */
export function clientMetadata(federation: Federation, state: State, code: string, name: string) {
  const entity = state.entities[code];
  const origin = originOf(state, code);
  if (!entity?.site || !origin) throw new Error(`${code} has no site`);
  const { d: _private, ...publicKey } = entity.site.privateJwk;
  return {
    client_name: name,
    entity: entity.id,
    entity_name: name,
    entity_kind: code === federation.agglomeration ? "agglomeration" : "commune",
    entity_origin: origin,
    redirect_uris: [`${origin}/connexion/retour`],
    post_logout_redirect_uris: [`${origin}/deconnexion/retour`],
    backchannel_logout_uri: `${origin}/connexion/deconnexion-distante`,
    backchannel_logout_session_required: true,
    token_endpoint_auth_method: "private_key_jwt",
    token_endpoint_auth_signing_alg: "ES256",
    id_token_signed_response_alg: "ES256",
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    // Every site has a backoffice, whose sign-in asks for "agent"; a portal alone would be registered without.
    scope: "openid offline_access profile email agent requests",
    jwks: { keys: [publicKey] },
  };
}

/**
 * Registers the entity's client (RFC 7591) and returns its id, which is the entity's own: registering again replaces all of
 * the registration, as RFC 7592's update would, and ends nobody's session. @throws Error with the provider's words.
 */
export async function registerClient(
  federation: Federation,
  state: State,
  metadata: ReturnType<typeof clientMetadata>,
): Promise<string> {
  const answer = await post(
    `${issuerOf(state, federation.idp.slug)}/reg`,
    state.idp.initialAccessToken,
    metadata,
  );
  if (typeof answer.client_id !== "string")
    throw new Error("The identity provider registered a client without an id.");
  return answer.client_id;
}

/**
 * Makes the account if there is none of this e-mail and kind; an existing one keeps its password, and its second factor where it
 * has one. An agent's is kept by the word of their entity.
 */
export async function ensureAccount(
  federation: Federation,
  state: State,
  account: FederationAccount,
): Promise<{ accountId: string; agentId: string | null }> {
  const entity =
    account.role === "citizen" || !account.entity
      ? undefined
      : state.entities[account.entity]?.site?.clientId;
  const answer = await post(
    `${issuerOf(state, federation.idp.slug)}/operator/accounts`,
    state.idp.operatorToken,
    {
      email: account.email,
      password: state.accounts[account.email]?.password,
      ...(state.accounts[account.email]?.totp ? { totp: state.accounts[account.email]?.totp } : {}),
      givenName: account.givenName,
      familyName: account.familyName,
      kind: account.role === "citizen" ? "personal" : "professional",
      ...(entity ? { entity } : {}),
    },
  );
  if (typeof answer.accountId !== "string")
    throw new Error("The identity provider made an account without an id.");
  return { accountId: answer.accountId, agentId: typeof answer.agentId === "string" ? answer.agentId : null };
}

/** Says who an entity's elected official is. @throws Error with the provider's words. */
export async function nameOfficial(
  federation: Federation,
  state: State,
  code: string,
  { name, email }: Official,
): Promise<void> {
  const clientId = state.entities[code]?.site?.clientId;
  if (!clientId) throw new Error(`${code} has no client`);
  const url = `${issuerOf(state, federation.idp.slug)}/operator/clients/${clientId}/official`;
  await send("PUT", url, state.idp.operatorToken, { name, email });
}

async function post(url: string, token: string, body: object): Promise<Record<string, unknown>> {
  return JSON.parse(await send("POST", url, token, body)) as Record<string, unknown>;
}

async function send(method: string, url: string, token: string, body: object): Promise<string> {
  const response = await serviceFetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok)
    throw new Error(
      `The identity provider refused ${new URL(url).pathname}: ${response.status} ${text.slice(0, 300)}`,
    );
  return text;
}
