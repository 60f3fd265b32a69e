import { hashToken } from "@interco/platform/secrets";
import type { FastifyReply, FastifyRequest } from "fastify";

/**
 * A token for one sign-in, kept in the browser that goes through it: below `/connexion/<uid>`, where alone the provider's own cookie
 * comes along too. 256 bits; the database has their hash.
 */
export function signInCookie(name: string, seconds: number) {
  const scope = (uid: string, secure: boolean) =>
    ({ path: `/connexion/${uid}`, httpOnly: true, sameSite: "lax", secure }) as const;
  return {
    keep(reply: FastifyReply, token: string, uid: string, secure: boolean): void {
      reply.setCookie(name, token, { ...scope(uid, secure), maxAge: seconds });
    },

    of(request: FastifyRequest): Buffer | undefined {
      const value = request.cookies[name];
      return value ? hashToken(value) : undefined;
    },

    forget(reply: FastifyReply, uid: string, secure: boolean): void {
      reply.clearCookie(name, scope(uid, secure));
    },
  };
}
