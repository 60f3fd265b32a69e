import { hashToken } from "@interco/platform/secrets";
import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, jwtVerify } from "jose";
import type { ClientRepository, SiteMetadata } from "../clients/client-repository.ts";
import type { AgentAccessRepository } from "./agent-access-repository.ts";

/** The audience of what a site says of its agents: an assertion for the token endpoint says nothing here, nor this one there. */
export const agentsAudience = (issuer: string) => `${issuer}/agents`;

const LONGEST_SECONDS = 120;
const TOLERANCE_SECONDS = 10;

export interface CallingSiteParts {
  issuer: string;
  clients: ClientRepository;
  access: AgentAccessRepository;
}

/**
 * Which site asks: a JWT it signed for itself (RFC 7523 §3: `iss` and `sub` its client id, `aud`, `exp`, `jti`), with a key of its
 * registration, for these addresses alone, two minutes at most, once. Undefined for anything else.
 */
export async function callingSite(
  { issuer, clients, access }: CallingSiteParts,
  authorization: string | undefined,
): Promise<SiteMetadata | undefined> {
  const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/.exec(authorization ?? "")?.[1];
  if (!token || token.length > 4_000) return undefined;
  try {
    const said = decodeJwt(token).iss;
    const site = typeof said === "string" && said.length <= 64 ? await clients.find(said) : undefined;
    if (!site) return undefined;
    const keys = createLocalJWKSet(site.jwks as JSONWebKeySet);
    const { payload } = await jwtVerify(token, keys, {
      issuer: site.client_id,
      subject: site.client_id,
      audience: agentsAudience(issuer),
      algorithms: ["ES256"],
      requiredClaims: ["iss", "sub", "aud", "exp", "iat", "jti"],
      maxTokenAge: LONGEST_SECONDS,
      clockTolerance: TOLERANCE_SECONDS,
    });
    const expiresAt = new Date(((payload.exp ?? 0) + TOLERANCE_SECONDS) * 1000);
    if (expiresAt.getTime() > Date.now() + (LONGEST_SECONDS + 2 * TOLERANCE_SECONDS) * 1000) return undefined;
    const once = hashToken(`agents:${site.client_id}:${payload.jti}`);
    return (await access.useAssertion(once, expiresAt)) ? site : undefined;
  } catch (error) {
    // Whatever of it isn't as it must be. What isn't the token's fault is ours.
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}
