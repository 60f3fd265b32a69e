import type { JWK } from "jose";

/** What `interco apply` registers for a site. */
export function siteMetadata(
  name: string,
  entity: string,
  origin: string,
  jwk: JWK,
  more: Record<string, unknown> = {},
) {
  return {
    client_name: name,
    entity,
    entity_name: `Ville de ${name}`,
    entity_kind: "commune",
    entity_origin: origin,
    redirect_uris: [`${origin}/connexion/retour`],
    post_logout_redirect_uris: [`${origin}/deconnexion/retour`],
    backchannel_logout_uri: `${origin}/connexion/deconnexion-distante`,
    backchannel_logout_session_required: true,
    token_endpoint_auth_method: "private_key_jwt",
    jwks: { keys: [jwk] },
    ...more,
  };
}
