import { isEntityId } from "@interco/platform/ids";

/** Metadata a client registers beside RFC 7591's. */
export const SITE_METADATA = [
  "entity",
  "entity_name",
  "entity_kind",
  "entity_origin",
  "needed_scopes",
  "consent",
  "purpose",
  "purpose_en",
  "require_pkce",
] as const;

/** Clients that are an entity of the territory: its portal and its backoffice. */
export const SITE_KINDS: readonly string[] = ["agglomeration", "commune"];
/** Others: an outside body's site, and the client of OpenID's certification profiles. */
const OUTSIDE_KINDS: readonly string[] = ["partner", "certification"];

/** What a site of the territory needs unless it registers less, and what it then gives without asking. */
const SITE_SCOPES = "openid profile email offline_access agent requests";
/** What a site asks for unless it registers more (scope `agent` is for who has a backoffice): `invalid_scope` answers the rest. */
const PORTAL_SCOPES = "openid offline_access profile email requests";
/** All that others may ever ask for: no agent's identifier, and nobody's requests. */
const OUTSIDE_SCOPES = "openid profile email offline_access";
/** They say nothing of a person: that they came, and that they may come back without signing in. */
const TELLING_NOTHING = ["openid", "offline_access"];

const WEB_ADDRESSES = ["redirect_uris", "post_logout_redirect_uris", "backchannel_logout_uri"];
const MOST_ADDRESSES = 10;
const LONGEST_ADDRESS = 500;
const LONGEST_PURPOSE = 300;

type Metadata = Record<string, unknown>;

/**
 * Says what is wrong with one metadata value of a registration, in RFC 7591's English for operators; undefined when it is fine.
 * Fills in what its kind of client has when it says nothing. Every address of a client is on its own origin: it can't send
 * anybody elsewhere; and its id is its entity's: no two clients know a person by the same subject.
 */
export function siteMetadataError(
  key: string,
  value: unknown,
  metadata: Metadata,
  development: boolean,
): string | undefined {
  switch (key) {
    case "entity":
      return entityError(value, metadata);
    case "entity_name":
      return text(value, 120) ? undefined : "entity_name must be the entity's name as screens show it";
    case "entity_kind":
      return kindError(value, metadata);
    case "entity_origin":
      return originError(value, metadata, development);
    case "needed_scopes":
      return neededScopesError(value, metadata);
    case "consent":
      metadata.consent ??= metadata.entity_kind === "partner" ? "always" : "extra";
      if (metadata.entity_kind === "partner" && metadata.consent !== "always")
        return "consent of a partner must be always";
      return ["always", "extra"].includes(metadata.consent as string)
        ? undefined
        : "consent must be always or extra";
    case "purpose":
      if (value === undefined && (metadata.consent === "always" || metadata.needed_scopes !== SITE_SCOPES))
        return metadata.entity_kind === "certification" ? undefined : "purpose must say what for, in French";
      return value === undefined || text(value, LONGEST_PURPOSE) ? undefined : "purpose must be a short text";
    case "purpose_en":
      return value === undefined || text(value, LONGEST_PURPOSE)
        ? undefined
        : "purpose_en must be a short text";
    case "require_pkce":
      return pkceError(value, metadata);
    default:
      return undefined;
  }
}

/** The scopes this client has without asking its person. */
export function neededScopes(client: { needed_scopes?: string; consent?: string }): ReadonlySet<string> {
  if (client.consent === "always") return new Set();
  return new Set([...TELLING_NOTHING, ...(client.needed_scopes ?? "").split(" ")]);
}

/** Whether tokens for it exist, which let other sites ask it about a person's requests. */
export function isSite(client: { entity_kind: string } | undefined): boolean {
  return client !== undefined && SITE_KINDS.includes(client.entity_kind);
}

function entityError(value: unknown, metadata: Metadata): string | undefined {
  if (typeof value !== "string" || !isEntityId(value)) return "entity must be an entity id";
  // Its pairwise subjects are made from it: a client of another one's would know its people.
  if (metadata.client_id !== value) return "entity must be the client's id";
  if (metadata.sector_identifier_uri !== undefined)
    return "sector_identifier_uri must not be provided: the entity is the sector";
  // Fetched, it would let whoever registers make this service ask any address.
  if (metadata.jwks_uri !== undefined) return "jwks_uri must not be provided: give jwks";
  if (metadata.application_type !== "web") return "application_type must be web";
  return undefined;
}

function kindError(value: unknown, metadata: Metadata): string | undefined {
  const kinds = [...SITE_KINDS, ...OUTSIDE_KINDS];
  if (!kinds.includes(value as string)) return `entity_kind must be one of ${kinds.join(", ")}`;
  if (metadata.token_endpoint_auth_method === "private_key_jwt")
    metadata.token_endpoint_auth_signing_alg ??= "ES256";
  if (value !== "certification") {
    if (metadata.token_endpoint_auth_method !== "private_key_jwt")
      return "token_endpoint_auth_method must be private_key_jwt";
    if (metadata.require_pushed_authorization_requests !== true)
      return "require_pushed_authorization_requests must be true";
  }
  if (SITE_KINDS.includes(value as string)) {
    metadata.scope ??= PORTAL_SCOPES;
    return undefined;
  }
  metadata.scope ??= OUTSIDE_SCOPES;
  return within(metadata.scope, OUTSIDE_SCOPES) ? undefined : `scope must be within ${OUTSIDE_SCOPES}`;
}

function originError(value: unknown, metadata: Metadata, development: boolean): string | undefined {
  if (typeof value !== "string" || URL.parse(value)?.origin !== value)
    return "entity_origin must be an origin";
  if (!development && !value.startsWith("https://")) return "entity_origin must use https";
  for (const name of WEB_ADDRESSES) {
    const addresses = [metadata[name] ?? []].flat();
    if (addresses.length > MOST_ADDRESSES) return `${name} must be ${MOST_ADDRESSES} at most`;
    for (const address of addresses) {
      if (URL.parse(String(address))?.origin !== value) return `${name} must be on entity_origin`;
      if (String(address).length > LONGEST_ADDRESS)
        return `${name} must have ${LONGEST_ADDRESS} characters at most`;
    }
  }
  return undefined;
}

function neededScopesError(value: unknown, metadata: Metadata): string | undefined {
  const most = SITE_KINDS.includes(metadata.entity_kind as string) ? SITE_SCOPES : OUTSIDE_SCOPES;
  metadata.needed_scopes ??= most;
  if (value === undefined) return undefined;
  return within(value, most) ? undefined : `needed_scopes must be within ${most}`;
}

function pkceError(value: unknown, metadata: Metadata): string | undefined {
  if (value === undefined) metadata.require_pkce = true;
  else if (typeof value !== "boolean") return "require_pkce must be a boolean";
  else if (!value && metadata.entity_kind !== "certification") return "require_pkce must be true";
  return undefined;
}

function text(value: unknown, most: number): boolean {
  return typeof value === "string" && value.trim() !== "" && value.length <= most;
}

function within(value: unknown, most: string): boolean {
  const all = most.split(" ");
  return typeof value === "string" && value.split(" ").every((scope) => all.includes(scope));
}
