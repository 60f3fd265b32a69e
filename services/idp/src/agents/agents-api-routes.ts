import type { App } from "@interco/platform/http";
import { Problem } from "@interco/platform/problem";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { isEmail } from "../accounts/email-address.ts";
import { nameFault } from "../accounts/person-name.ts";
import type { SiteMetadata } from "../clients/client-repository.ts";
import { type CallingSiteParts, callingSite } from "./calling-site.ts";
import { endAgentAccess, type InviteParts, inviteAgent } from "./invite-agent.ts";

const closed = { additionalProperties: false };
const Email = Type.String({ maxLength: 254 });
const Name = Type.String({ minLength: 1, maxLength: 100 });
/** When the site said it, in milliseconds: a word that comes late changes nothing. */
const SaidAt = Type.Integer({ minimum: 0 });
const Invite = Type.Object(
  {
    email: Email,
    givenName: Name,
    familyName: Name,
    language: Type.Union([Type.Literal("fr"), Type.Literal("en")]),
    saidAt: SaidAt,
  },
  closed,
);
const Depart = Type.Object({ email: Email, saidAt: SaidAt }, closed);
const Nothing = Type.Object({}, closed);

/** A site's clock may be ahead by so much. */
const AHEAD_MS = 60_000;

const sites = new WeakMap<FastifyRequest, SiteMetadata>();

/** `auth: "site"`: a registered site, by an assertion of its own. */
export function siteAuthenticator(parts: CallingSiteParts) {
  return async (request: FastifyRequest): Promise<void> => {
    const site = await callingSite(parts, request.headers.authorization);
    if (!site) throw new Problem("site.refused", { status: 401 });
    sites.set(request, site);
  };
}

/** What a site says of who works for its entity. It learns nothing of accounts by it, and says nothing of roles. */
export function agentsApiRoutes(app: App, parts: InviteParts): void {
  app.post(
    "/agents/invitations",
    { config: { auth: "site" }, schema: { body: Invite, response: { 202: Nothing } } },
    async (request, reply) => {
      const { saidAt, ...person } = request.body;
      const email = checkedEmail(person.email);
      if (nameFault(person.givenName) || nameFault(person.familyName))
        throw new Problem("agents.name-refused", { status: 422 });
      const wanted = { ...person, email, saidAt: checkedTime(saidAt) };
      await inviteAgent(parts, siteOf(request), wanted);
      return reply.code(202).send({});
    },
  );

  app.post(
    "/agents/departures",
    { config: { auth: "site" }, schema: { body: Depart, response: { 202: Nothing } } },
    async (request, reply) => {
      const { email, saidAt } = request.body;
      await endAgentAccess(parts, siteOf(request), checkedEmail(email), checkedTime(saidAt));
      return reply.code(202).send({});
    },
  );
}

/** The site that asks, on a route of `auth: "site"`. */
export function siteOf(request: FastifyRequest): SiteMetadata {
  const site = sites.get(request);
  if (!site) throw new Error("this route isn't a site's");
  return site;
}

function checkedEmail(email: string): string {
  const line = email.normalize("NFKC").trim();
  if (!isEmail(line)) throw new Problem("agents.email-refused", { status: 422 });
  return line;
}

/** A time to come would make every later word one that comes late. */
function checkedTime(saidAt: number): Date {
  if (saidAt > Date.now() + AHEAD_MS) throw new Problem("agents.time-refused", { status: 422 });
  return new Date(saidAt);
}
