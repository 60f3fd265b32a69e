import { Problem } from "@interco/platform/problem";
import type { FastifyReply, FastifyRequest, preHandlerAsyncHookHandler } from "fastify";
import { actingAgent, findActingAgent } from "./agents/acting-agent.ts";
import type { Deps } from "./deps.ts";
import { siteOf } from "./request-context.ts";
import { checkBearer } from "./sign-in/bearer-token.ts";
import { formAuthor, keepForm } from "./sign-in/kept-form.ts";
import type { Session } from "./sign-in/session.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** A list: what it is opened for (`?entite=`) is what the agent goes on with, where an address says nothing. */
    remembersEntity?: true;
  }
}

/** Kinds of `auth` a browser's cookie carries. */
export const COOKIE_AUTH = ["citizen", "agent", "admin"] as const;

/** Who may call a route, by its declared `auth`. */
export const AUTHENTICATORS = (deps: Deps): Record<string, preHandlerAsyncHookHandler> => ({
  citizen: async (request, reply) => {
    if (!request.session) {
      refuseProgram(request);
      return askToSignIn(request, reply);
    }
    refuseProfessional(request.session);
  },
  agent: (request, reply) => authenticateAgent(deps, request, reply),
  admin: async (request, reply) => {
    await authenticateAgent(deps, request, reply);
    if (reply.sent) return;
    if (!actingAgent(request).rights.includes("administer"))
      throw new Problem("access.not-admin", { status: 403 });
  },
  token: (request, reply) => checkBearer(deps, request, reply),
  // What comes from another service of ours proves itself in its body: a signed logout token.
  internal: async () => {},
});

/** Pages of people are for personal accounts: an agent files for somebody from the backoffice. */
function refuseProfessional(session: Session | null): void {
  if (session?.claims.accountKind === "professional")
    throw new Problem("access.professional", { status: 403 });
}

async function authenticateAgent(deps: Deps, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { session } = request;
  // A citizen's session was never asked whether it is an agent's: one more trip to the provider tells, without a form where it is.
  if (session?.kind !== "agent") {
    refuseProgram(request);
    return askAgentToSignIn(deps, request, reply);
  }
  // Somebody else's page, left open in this browser: what is on it is never sent in this one's name, and waits for its author.
  const author = formAuthor(deps, request);
  if (author && author !== session.agentId)
    return void (await reply.redirect(await keepForm(deps, request, reply), 303));
  const { entite } = request.query as { entite?: unknown };
  request.acting = await findActingAgent(deps, siteOf(request).entity, session, {
    wanted: typeof entite === "string" && entite !== "" ? entite : undefined,
    remember: request.routeOptions.config.remembersEntity ?? false,
  });
}

/** To the sign-in and back to this page or, for what was posted, to the page of its form, where nothing typed is lost. */
async function askAgentToSignIn(deps: Deps, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const reading = request.method === "GET" || request.method === "HEAD";
  const returnTo = reading ? request.url : await keepForm(deps, request, reply);
  await toSignIn(reply, { retour: returnTo, espace: "agent" });
}

/** A page's script gets an answer it understands: the sign-in is a page for people. */
function refuseProgram(request: FastifyRequest): void {
  if (request.url.startsWith("/api/")) throw new Problem("access.signed-out", { status: 401 });
}

/** To the sign-in and back here. */
async function askToSignIn(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  await toSignIn(reply, { retour: request.url });
}

async function toSignIn(reply: FastifyReply, wish: Record<string, string>): Promise<void> {
  await reply.redirect(`/connexion?${new URLSearchParams(wish)}`, 303);
}
