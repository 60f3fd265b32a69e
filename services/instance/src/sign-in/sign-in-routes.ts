import { Problem } from "@interco/platform/problem";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { App, Deps } from "../deps.ts";
import { page } from "../page.ts";
import { siteOf } from "../request-context.ts";
import { localPath } from "../sites/local-path.ts";
import { type Attempt, keepAttempt, takeAttempt } from "./attempt.ts";
import { beginSignIn } from "./begin-sign-in.ts";
import { completeSignIn } from "./complete-sign-in.ts";
import type { Session } from "./session.ts";
import { setSessionCookie } from "./session-cookie.ts";

/** Each pushes a request to the provider, which keeps it a minute: as many as that lets one network begin. */
const BEGUN = { max: 600, timeWindow: 10 * 60_000 };

const Wish = Type.Object({
  retour: Type.Optional(Type.String({ maxLength: 4000 })),
  espace: Type.Optional(Type.String({ maxLength: 20 })),
  /** "1": never shows the provider's page. For links shown to somebody known to be signed in on another site. */
  silencieux: Type.Optional(Type.String({ maxLength: 5 })),
  /** "autre": offers to change accounts. "personnel": as a private person, whoever is signed in. */
  compte: Type.Optional(Type.String({ maxLength: 20 })),
});

/** Signing in: to the provider and back. */
export function registerSignIn(app: App, deps: Deps): void {
  app.get(
    "/connexion",
    { config: { auth: "public", rateLimit: BEGUN }, schema: { querystring: Wish } },
    async (request, reply) => {
      const { espace, silencieux, compte, retour } = request.query;
      const space = espace === "agent" ? "agent" : "citizen";
      const returnTo = wayBack(retour, space);
      const otherAccount = compte === "autre";
      const personal = compte === "personnel" && space === "citizen";
      if (suffices(request.session, space, personal) && !otherAccount) return reply.redirect(returnTo, 303);
      const site = siteOf(request);
      const silent = silencieux === "1";
      try {
        const wish = { returnTo, space, silent, otherAccount, personal, lang: request.lang } as const;
        const { url, attempt } = await beginSignIn(deps.identity, site, wish);
        keepAttempt(request, reply, site, deps.config.keys.signIn, attempt);
        return reply.header("cache-control", "no-store").redirect(url, 303);
      } catch (error) {
        // Whoever was not asking to sign in gets their page, as anybody does.
        if (silent && error instanceof Problem) return reply.redirect(returnTo, 303);
        return stopped(request, reply, error, { returnTo, space, personal });
      }
    },
  );

  app.get(
    "/connexion/retour",
    {
      config: { auth: "public" },
      schema: { querystring: Type.Object({ state: Type.Optional(Type.String({ maxLength: 200 })) }) },
    },
    async (request, reply) => {
      const site = siteOf(request);
      const { state = "" } = request.query;
      const attempt = takeAttempt(request, reply, site, deps.config.keys.signIn, state);
      reply.header("cache-control", "no-store").header("referrer-policy", "no-referrer");
      if (!attempt) {
        // The back button after a sign-in that worked: there is nothing to say.
        if (request.session) return reply.redirect("/", 303);
        return stopped(request, reply, new Problem("sign-in.failed", { status: 400 }));
      }
      try {
        const answer = new URL(request.url, site.origin);
        const opened = await completeSignIn(deps, site, answer, attempt, request.session);
        if (opened) setSessionCookie(reply, opened.token);
        return reply.redirect(attempt.returnTo, 303);
      } catch (error) {
        return stopped(request, reply, error, attempt);
      }
    },
  );

  /** A plain page that says what happened and offers what still works: trying again, following a request by its code. */
  function stopped(
    request: FastifyRequest,
    reply: FastifyReply,
    error: unknown,
    wish?: Pick<Attempt, "returnTo" | "space" | "personal">,
  ): Promise<FastifyReply> {
    if (!(error instanceof Problem)) throw error;
    request.log.warn({ err: error.cause ?? error, reqId: request.id }, "a sign-in stopped");
    const query = new URLSearchParams({
      retour: wish?.returnTo ?? "/",
      ...(wish?.space === "agent" ? { espace: "agent" } : {}),
      ...(wish?.personal ? { compte: "personnel" } : {}),
    });
    const context = {
      title: deps.renderer.translate(request.lang, `problem.${error.code}.title`, {}),
      text: deps.renderer.translate(request.lang, `problem.${error.code}.text`, {}),
      retryHref: `/connexion?${query}`,
      agent: wish?.space === "agent",
    };
    return page(deps, request, reply, "sign-in/stopped", context, { status: error.status });
  }
}

/** True when this session already is what the sign-in would give. */
function suffices(session: Session | null, space: Attempt["space"], personal: boolean): boolean {
  if (!session) return false;
  if (personal) return session.claims.accountKind === "personal";
  return space === "citizen" || (session.kind === "agent" && session.agentId !== null);
}

/** Back to a page of this site, and never to the sign-in itself. */
function wayBack(path: string | undefined, space: Attempt["space"]): string {
  const home = space === "agent" ? "/backoffice/" : "/";
  // Longer ones would not fit a cookie.
  if (path === undefined || path.length > 1_500) return home;
  const local = localPath(path);
  return local === "/" || /^\/(de)?connexion([/?]|$)/.test(local) ? home : local;
}
