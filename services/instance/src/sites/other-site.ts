import type { FastifyRequest } from "fastify";
import { citizenOf, siteOf } from "../request-context.ts";

/**
 * The address of a page that may be another site's. A signed-in citizen goes through that site's silent sign-in, and
 * arrives signed in; an anonymous visit never does (nobody is asked who they are for following a link).
 */
export function onSite(request: FastifyRequest, href: string): string {
  if (href.startsWith("/") || !citizenOf(request)) return href;
  const url = new URL(href);
  if (url.origin === siteOf(request).origin) return `${url.pathname}${url.search}`;
  const back = encodeURIComponent(`${url.pathname}${url.search}`);
  return `${url.origin}/connexion?silencieux=1&retour=${back}`;
}
