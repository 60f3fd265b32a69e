import { hashToken, newToken } from "@interco/platform/secrets";
import type { FastifyReply, FastifyRequest } from "fastify";
import { signInCookie } from "../interactions/sign-in-cookie.ts";

const BROWSER_SECONDS = 12 * 60 * 60;

function browserName(secure: boolean): string {
  // The prefix: no other host, and no page without TLS, can give this browser another one's.
  return secure ? "__Host-fournisseur" : "fournisseur";
}

/** Which browser was sent to an upstream: its answer is taken in that one alone. 256 bits; the database has their hash. */
export const browserCookie = {
  /** Keeps it for as long as a session may last, which is ended there too. */
  keep(request: FastifyRequest, reply: FastifyReply, secure: boolean): Buffer {
    const name = browserName(secure);
    const known = request.cookies[name];
    const value = known && /^[\w-]{43}$/.test(known) ? known : newToken();
    reply.setCookie(name, value, {
      path: "/",
      httpOnly: true,
      sameSite: "lax",
      secure,
      maxAge: BROWSER_SECONDS,
    });
    return hashToken(value);
  },

  of(request: FastifyRequest, secure: boolean): Buffer | undefined {
    const value = request.cookies[browserName(secure)];
    return value ? hashToken(value) : undefined;
  },

  /** The same of a request that didn't pass through Fastify. */
  ofHeader(header: string | undefined, secure: boolean): Buffer | undefined {
    const value = new RegExp(`(?:^|; ?)${browserName(secure)}=([\\w-]+)`).exec(header ?? "")?.[1];
    return value ? hashToken(value) : undefined;
  },
};

/** Who came back, for the sign-in they began: those pages have the provider's cookie, the upstream's redirect hasn't. */
export const arrivalCookie = signInCookie("identite", 60 * 60);
