import type { FastifyRequest } from "fastify";
import type { Deps } from "../deps.ts";
import { citizenOf, siteOf } from "../request-context.ts";
import { followingOf } from "../sign-in/follow-session.ts";
import { findRequest } from "./request-repository.ts";

/** On whose behalf a followed request is read: its author signed in, or whoever has its tracking code. */
export type FollowScope = { site: string } & ({ citizen: string } | { tracking: string });

/**
 * What opens this request on this site for whoever asks: their account, else the code they typed. Undefined for everybody
 * else, without telling whether such a request exists.
 */
export async function findFollowScope(
  deps: Deps,
  request: FastifyRequest,
  number: string,
): Promise<FollowScope | undefined> {
  const site = siteOf(request);
  const citizen = citizenOf(request);
  const following = followingOf(deps, site, request);
  const scopes: FollowScope[] = [
    ...(following?.number === number ? [{ site: site.entity.id, tracking: following.tracking }] : []),
    ...(citizen ? [{ site: site.entity.id, citizen: citizen.sub }] : []),
  ];
  for (const scope of scopes) {
    const found = await deps.db.within(scope, (trx) => findRequest(trx, number));
    if (found?.entity === site.entity.id) return scope;
  }
  return undefined;
}
