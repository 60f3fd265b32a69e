import { generateKeyPairSync } from "node:crypto";
import type { SiteMetadata } from "./client-repository.ts";

/** The client by which one signs in to the provider's own account pages. No entity has such an id, so nobody registers it. */
export const OWN_CLIENT = "compte";

/** Where its authorization requests end. The code is never exchanged: the pages read the provider's session. */
export const OWN_RETURN = "/compte/retour";

/** Metadata of that client. Its key's private half is thrown away: nothing can authenticate as it. */
export function ownClient(issuer: string): SiteMetadata {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    client_id: OWN_CLIENT,
    client_name: OWN_CLIENT,
    entity: OWN_CLIENT,
    entity_name: OWN_CLIENT,
    entity_kind: "provider",
    entity_origin: issuer,
    redirect_uris: [`${issuer}${OWN_RETURN}`],
    // "agent": the administrators' pages are for professional accounts, as a backoffice is.
    scope: "openid agent",
    needed_scopes: "openid agent",
    grant_types: ["authorization_code"],
    // A link of ours begins it, and its code is worth nothing to anybody.
    require_pushed_authorization_requests: false,
    require_pkce: true,
    token_endpoint_auth_method: "private_key_jwt",
    jwks: { keys: [{ ...publicKey.export({ format: "jwk" }), alg: "ES256", use: "sig", kid: OWN_CLIENT }] },
  };
}
