import type { Upstream } from "./upstream.ts";

/** A site, or none: one's own account is of no entity. */
export interface Asking {
  entity: string | undefined;
  /** A backoffice, which needs a professional account. */
  agent: boolean;
}

/** Whether a sign-in may go by an upstream. FranceConnect is offered where the site's own entity has a grant. */
export function isOffered(upstream: Upstream, { entity, agent }: Asking): boolean {
  // One's own account is for both kinds; a site is for one.
  if (entity !== undefined && agent !== (upstream.accounts === "professional")) return false;
  if (upstream.onlyFor !== null && upstream.onlyFor !== entity) return false;
  return upstream.clients.has("") || entity === undefined || upstream.clients.has(entity);
}

/** The key of the client to use; undefined where it isn't known yet for which commune one comes. */
export function clientKey(
  upstream: Upstream,
  { entity }: Asking,
  commune: string | undefined,
): string | undefined {
  if (upstream.clients.has("")) return "";
  return entity ?? (commune !== undefined && upstream.clients.has(commune) ? commune : undefined);
}
