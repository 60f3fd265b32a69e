import type { FastifyReply, FastifyRequest } from "fastify";

/**
 * `__Host-`: no other host, a sibling's subdomain included, can set or read it (RFC 6265bis §4.1.3.2).
 * Chromium accepts it on http://*.localhost too, which it holds for trustworthy.
 */
export const SESSION_COOKIE = "__Host-session";

const ATTRIBUTES = { path: "/", httpOnly: true, secure: true, sameSite: "lax" } as const;

/** The session's token, as the browser sent it. */
export function sessionToken(request: FastifyRequest): string | undefined {
  return request.cookies[SESSION_COOKIE];
}

/** Ends with the browser; the server ends it earlier. */
export function setSessionCookie(reply: FastifyReply, token: string): void {
  reply.setCookie(SESSION_COOKIE, token, ATTRIBUTES);
}

export function clearSessionCookie(reply: FastifyReply): void {
  reply.clearCookie(SESSION_COOKIE, ATTRIBUTES);
}
