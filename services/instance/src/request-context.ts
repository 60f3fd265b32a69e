import type { FastifyRequest } from "fastify";
import type { Session } from "./sign-in/session.ts";
import type { Site } from "./sites/site.ts";

export type Language = "fr" | "en";

declare module "fastify" {
  interface FastifyRequest {
    /** The site the Host header leads to; set before any handler, null only on health and metrics routes. */
    siteOrNull: Site | null;
    /** The language of the page: the person's choice (cookie), else the browser's, else French. */
    lang: Language;
    /** Who is signed in on this site, if anybody. */
    session: Session | null;
  }
}

/** The site of this request. */
export function siteOf(request: FastifyRequest): Site {
  if (!request.siteOrNull) throw new Error("this route has no site");
  return request.siteOrNull;
}

/**
 * The citizen signed in on this site. Somebody who came with a professional account isn't one: a request is a
 * person's own, never their employer's.
 */
export function citizenOf(request: FastifyRequest): Session | null {
  return request.session?.claims.accountKind === "personal" ? request.session : null;
}

/** Signed in, but with the account they work with. */
export function isProfessional(request: FastifyRequest): boolean {
  return request.session?.claims.accountKind === "professional";
}
