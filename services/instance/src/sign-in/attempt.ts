import { createHash } from "node:crypto";
import { open, seal } from "@interco/platform/secrets";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Site } from "../sites/site.ts";

/** One sign-in under way in one tab: what its answer is checked against, and where it leads. */
export interface Attempt {
  state: string;
  nonce: string;
  verifier: string;
  returnTo: string;
  space: "citizen" | "agent";
  silent: boolean;
  /** A professional account won't do. */
  personal: boolean;
}

/** As long as the provider keeps its own page open. */
const LIFETIME_SECONDS = 60 * 60;
/** Tabs at once; beyond it the oldest attempts are dropped: each rides along with every request. */
const AT_MOST = 4;
// __Host-: a sibling's subdomain can't plant an attempt of its own and have somebody sign in to its account (login CSRF).
const PREFIX = "__Host-attempt-";
const ATTRIBUTES = { path: "/", httpOnly: true, secure: true, sameSite: "lax" } as const;

/** Keeps an attempt in this browser alone, sealed, under a name of its own so that several tabs work. */
export function keepAttempt(
  request: FastifyRequest,
  reply: FastifyReply,
  site: Site,
  key: Buffer,
  attempt: Attempt,
): void {
  const others = Object.keys(request.cookies).filter((name) => name.startsWith(PREFIX));
  for (const name of others.slice(0, Math.max(0, others.length - AT_MOST + 1)))
    reply.clearCookie(name, ATTRIBUTES);
  const content = JSON.stringify({ ...attempt, until: Date.now() + LIFETIME_SECONDS * 1000 });
  reply.setCookie(nameOf(attempt.state), seal(key, content, contextOf(site)).toString("base64url"), {
    ...ATTRIBUTES,
    maxAge: LIFETIME_SECONDS,
  });
}

/**
 * The attempt an answer belongs to, which it ends; undefined where this browser began none with that state, or began it
 * on another site. Cookies are sent by whoever holds the browser: what doesn't open is no attempt.
 */
export function takeAttempt(
  request: FastifyRequest,
  reply: FastifyReply,
  site: Site,
  key: Buffer,
  state: string,
): Attempt | undefined {
  const name = nameOf(state);
  const sealed = request.cookies[name];
  if (!sealed) return undefined;
  reply.clearCookie(name, ATTRIBUTES);
  try {
    const { until, ...attempt } = JSON.parse(open(key, Buffer.from(sealed, "base64url"), contextOf(site)));
    return until > Date.now() && attempt.state === state ? (attempt as Attempt) : undefined;
  } catch {
    return undefined;
  }
}

function nameOf(state: string): string {
  return `${PREFIX}${createHash("sha256").update(state).digest("hex").slice(0, 16)}`;
}

function contextOf(site: Site): string {
  return `attempt:${site.hosted.client.id}`;
}
