import type { JWK } from "jose";

/** What `interco apply` registers for a site. */
export function siteMetadata(
  name: string,
  entity: string,
  origin: string,
  jwk: JWK,
  more: Record<string, unknown> = {},
) {
  // Others than the territory's sites say it themselves, or have what their kind has.
  const isSite = more.entity_kind === undefined;
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
    ...(isSite ? { scope: "openid offline_access profile email agent requests" } : {}),
    jwks: { keys: [jwk] },
    ...more,
  };
}
