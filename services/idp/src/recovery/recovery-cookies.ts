import { hashToken } from "@interco/platform/secrets";
import type { FastifyReply, FastifyRequest } from "fastify";

const PROOF = "recuperation";
const PROOF_SECONDS = 60 * 60;
const TICKET = "mot-de-passe-change";
const TICKET_SECONDS = 2 * 60;

/** Which browser showed the second factor of a recovery: whoever else has its link starts with their own. */
export const proofCookie = {
  keep(reply: FastifyReply, proof: string, secure: boolean): void {
    reply.setCookie(PROOF, proof, { ...scope("/mot-de-passe-oublie", secure), maxAge: PROOF_SECONDS });
  },

  of(request: FastifyRequest): Buffer | undefined {
    const value = request.cookies[PROOF];
    return value ? hashToken(value) : undefined;
  },

  forget(reply: FastifyReply, secure: boolean): void {
    reply.clearCookie(PROOF, scope("/mot-de-passe-oublie", secure));
  },
};

/** Proof of a password just set, for the sign-in it was begun from. */
export const passwordTicket = {
  keep(reply: FastifyReply, ticket: string, uid: string, secure: boolean): void {
    reply.setCookie(TICKET, ticket, { ...scope(`/connexion/${uid}`, secure), maxAge: TICKET_SECONDS });
  },

  of(request: FastifyRequest): Buffer | undefined {
    const value = request.cookies[TICKET];
    return value ? hashToken(value) : undefined;
  },

  forget(reply: FastifyReply, uid: string, secure: boolean): void {
    reply.clearCookie(TICKET, scope(`/connexion/${uid}`, secure));
  },
};

function scope(path: string, secure: boolean) {
  return { path, httpOnly: true, sameSite: "lax", secure } as const;
}
