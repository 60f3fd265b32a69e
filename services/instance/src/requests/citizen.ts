import type { FastifyRequest } from "fastify";
import type { Session } from "../sign-in/session.ts";

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
