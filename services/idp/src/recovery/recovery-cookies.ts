import { hashToken } from "@interco/platform/secrets";
import type { FastifyReply, FastifyRequest } from "fastify";
import { signInCookie } from "../interactions/sign-in-cookie.ts";

const PROOF = "recuperation";
const PROOF_SECONDS = 60 * 60;

/** Which browser showed the second factor of a recovery: whoever else has its link starts with their own. */
export const proofCookie = {
  keep(reply: FastifyReply, proof: string, secure: boolean): void {
    reply.setCookie(PROOF, proof, { ...scope(secure), maxAge: PROOF_SECONDS });
  },

  of(request: FastifyRequest): Buffer | undefined {
    const value = request.cookies[PROOF];
    return value ? hashToken(value) : undefined;
  },

  forget(reply: FastifyReply, secure: boolean): void {
    reply.clearCookie(PROOF, scope(secure));
  },
};

/** Proof of a password just set, for the sign-in it was begun from. */
export const passwordTicket = signInCookie("mot-de-passe-change", 2 * 60);

function scope(secure: boolean) {
  return { path: "/mot-de-passe-oublie", httpOnly: true, sameSite: "lax", secure } as const;
}
