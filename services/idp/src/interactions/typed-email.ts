import type { FastifyReply, FastifyRequest } from "fastify";

const COOKIE = "adresse-saisie";
const KEPT_SECONDS = 10 * 60;

/**
 * The e-mail address somebody typed on a page that turned out to be out of date, kept in their own browser for the ten
 * minutes it takes to start again: the next page needs their password alone. Never in an address, where histories and
 * logs would have it, and never the password.
 */
export const typedEmail = {
  keep(reply: FastifyReply, email: string, secure: boolean): void {
    reply.setCookie(COOKIE, email, { ...scope(secure), maxAge: KEPT_SECONDS });
  },

  of(request: FastifyRequest): string | undefined {
    const { valid, value } = request.unsignCookie(request.cookies[COOKIE] ?? "");
    return valid ? value : undefined;
  },

  forget(request: FastifyRequest, reply: FastifyReply, secure: boolean): void {
    if (request.cookies[COOKIE]) reply.clearCookie(COOKIE, scope(secure));
  },
};

function scope(secure: boolean) {
  return { path: "/connexion", httpOnly: true, sameSite: "lax", signed: true, secure } as const;
}
