import type { FastifyReply, FastifyRequest } from "fastify";
import { signInCookie } from "../interactions/sign-in-cookie.ts";

const ASKED = "inscription";
/** As long as what was asked is kept, its mail's wait included. */
const ASKED_SECONDS = 7 * 60 * 60;

/** Which registration this browser waits for: it may type its code, and gets what it typed back. 256 bits nobody guesses. */
export const askedCookie = {
  keep(reply: FastifyReply, id: Buffer, secure: boolean): void {
    reply.setCookie(ASKED, id.toString("base64url"), {
      ...scope(secure),
      maxAge: ASKED_SECONDS,
    });
  },

  of(request: FastifyRequest): Buffer | undefined {
    const value = request.cookies[ASKED];
    return value ? Buffer.from(value, "base64url") : undefined;
  },

  forget(reply: FastifyReply, secure: boolean): void {
    reply.clearCookie(ASKED, scope(secure));
  },
};

/** Proof of an account just made, for the sign-in it was begun from: that page has the provider's cookie, this one hasn't. */
export const ticketCookie = signInCookie("compte-cree", 2 * 60);

function scope(secure: boolean) {
  return { path: "/inscription", httpOnly: true, sameSite: "lax", secure } as const;
}
