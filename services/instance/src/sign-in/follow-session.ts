import { deriveKey, open, seal } from "@interco/platform/secrets";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Deps } from "../deps.ts";
import type { Site } from "../sites/site.ts";

/** Somebody who gave a tracking code may read that one request for a while, and no other. */
export interface Following {
  number: string;
  /** What is stored of the code, in hex: opens the request under row-level security, and isn't the code. */
  tracking: string;
}

const COOKIE = "__Host-suivi";
const LASTS_MS = 60 * 60 * 1000;
const ATTRIBUTES = { path: "/", httpOnly: true, secure: true, sameSite: "lax" } as const;

const keyOf = (deps: Deps) => deriveKey(deps.config.secrets.key, "following");

/** Remembers in a sealed cookie, for one hour and on this site only, which request was opened by its code. */
export function openFollowing(deps: Deps, site: Site, reply: FastifyReply, following: Following): void {
  const content = JSON.stringify({ ...following, until: Date.now() + LASTS_MS });
  const sealed = seal(keyOf(deps), content, site.entity.id).toString("base64url");
  reply.setCookie(COOKIE, sealed, { ...ATTRIBUTES, maxAge: LASTS_MS / 1000 });
}

/** The request opened by its code in this browser; null when the cookie is missing, old, or isn't ours. */
export function followingOf(deps: Deps, site: Site, request: FastifyRequest): Following | null {
  const cookie = request.cookies[COOKIE];
  if (!cookie || cookie.length > 1000) return null;
  try {
    const content = open(keyOf(deps), Buffer.from(cookie, "base64url"), site.entity.id);
    const { number, tracking, until } = JSON.parse(content) as Following & { until: number };
    return until > Date.now() ? { number, tracking } : null;
  } catch {
    return null;
  }
}

/** Forgets it: on a shared computer one can leave. */
export function closeFollowing(reply: FastifyReply): void {
  reply.clearCookie(COOKIE, ATTRIBUTES);
}
