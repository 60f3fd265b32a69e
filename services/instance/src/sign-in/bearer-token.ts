import { entityUrn } from "@interco/contracts/entity-urn";
import { Problem } from "@interco/platform/problem";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Deps } from "../deps.ts";
import { siteOf } from "../request-context.ts";

/** Whom a program speaks for: an access token of the identity provider, made for this entity alone. */
export interface AccessToken {
  /** Pairwise subject of this entity. */
  sub: string;
  scopes: readonly string[];
}

declare module "fastify" {
  interface FastifyRequest {
    /** Set on routes of `auth: "token"`. */
    token: AccessToken | null;
  }
}

/** The token of this request; throws on a route that doesn't declare `auth: "token"`, and 403 without the scope. */
export function tokenOf(request: FastifyRequest, scope: string): AccessToken {
  if (!request.token) throw new Error("this route asks for no token");
  if (!request.token.scopes.includes(scope))
    throw new Problem("token.scope", { status: 403, params: { scope } });
  return request.token;
}

/** RFC 6750 bearer token, a JWT as RFC 9068 has it: signature, issuer, audience (this site's entity) and expiry are checked. */
export async function checkBearer(deps: Deps, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const refused = () => {
    reply.header("www-authenticate", "Bearer");
    return new Problem("token.invalid", { status: 401 });
  };
  const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (!token) throw refused();
  const claims = await deps.identity.verify(token, {
    audience: entityUrn(siteOf(request).entity.id),
    typ: "at+jwt",
    requiredClaims: ["sub", "exp", "iat", "client_id"],
  });
  if (!claims?.sub) throw refused();
  request.token = { sub: claims.sub, scopes: String(claims.scope ?? "").split(" ") };
}
