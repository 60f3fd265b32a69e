import { isEntityId } from "@interco/platform/ids";

/** Metadata a site registers beside RFC 7591's. */
export const SITE_METADATA = ["entity", "entity_name", "entity_kind", "entity_origin"] as const;

const KINDS = ["agglomeration", "commune"];
const WEB_ADDRESSES = ["redirect_uris", "post_logout_redirect_uris", "backchannel_logout_uri"];

/**
 * Says what is wrong with one metadata value of a registration, in RFC 7591's English for operators; undefined when it is fine.
 * Every address of a site is on the site's own origin: a client can't send anybody elsewhere.
 */
export function siteMetadataError(
  key: string,
  value: unknown,
  metadata: Record<string, unknown>,
  development: boolean,
): string | undefined {
  switch (key) {
    case "entity":
      return typeof value === "string" && isEntityId(value) ? undefined : "entity must be an entity id";
    case "entity_name":
      return typeof value === "string" && value.trim() !== "" && value.length <= 120
        ? undefined
        : "entity_name must be the entity's name as screens show it";
    case "entity_kind":
      return KINDS.includes(value as string) ? undefined : `entity_kind must be one of ${KINDS.join(", ")}`;
    case "entity_origin":
      return originError(value, metadata, development);
    default:
      return undefined;
  }
}

function originError(
  value: unknown,
  metadata: Record<string, unknown>,
  development: boolean,
): string | undefined {
  if (typeof value !== "string" || URL.parse(value)?.origin !== value)
    return "entity_origin must be an origin";
  if (!development && !value.startsWith("https://")) return "entity_origin must use https";
  for (const name of WEB_ADDRESSES) {
    for (const address of [metadata[name] ?? []].flat()) {
      if (URL.parse(String(address))?.origin !== value) return `${name} must be on entity_origin`;
    }
  }
  if (metadata.token_endpoint_auth_method !== "private_key_jwt")
    return "token_endpoint_auth_method must be private_key_jwt";
  return undefined;
}
