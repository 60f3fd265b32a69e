import type { App } from "@interco/platform/http";
import { hashToken } from "@interco/platform/secrets";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { emailKey } from "../accounts/account-repository.ts";
import { TooBusy } from "../credentials/bounded-work.ts";
import { requestLanguage } from "../interactions/answer-page.ts";
import { findInteraction, type Proceed } from "../interactions/interaction.ts";
import { confirm, type RegisterParts, register, tryCode } from "./register.ts";
import { askedCookie, ticketCookie } from "./registration-cookies.ts";
import { faultsOf, type Typed, typedOf } from "./registration-form.ts";
import { RegistrationPages, type RegistrationPagesParts, WayQuery, way } from "./registration-pages.ts";
import type { Registration } from "./registration-repository.ts";

const Csrf = Type.Optional(Type.String({ maxLength: 200 }));
const Form = Type.Object({
  email: Type.Optional(Type.String({ maxLength: 500 })),
  givenName: Type.Optional(Type.String({ maxLength: 500 })),
  familyName: Type.Optional(Type.String({ maxLength: 500 })),
  password: Type.Optional(Type.String({ maxLength: 2000 })),
  /** Which button was pressed; the first one asks for the account. */
  action: Type.Optional(Type.String({ maxLength: 20 })),
  _csrf: Csrf,
});
const Code = Type.Object({ code: Type.Optional(Type.String({ maxLength: 50 })), _csrf: Csrf });
/** Of the page a link leads to: what is chosen there where it is opened in another browser. */
const Chosen = Type.Omit(Form, ["email"]);
const Link = Type.Object({ token: Type.String({ maxLength: 100 }) });
const Uid = Type.Object({ uid: Type.String({ pattern: "^[\\w-]{1,64}$" }) });

const TEN_MINUTES = 10 * 60_000;
/** What one network may post in ten minutes (outside development): each costs a password's hash and a mail. */
const ASKED = { max: 60, timeWindow: TEN_MINUTES };
const TYPED = { max: 120, timeWindow: TEN_MINUTES };

export interface RegistrationRouteParts extends RegisterParts, RegistrationPagesParts {
  proceed: Proceed;
}

/** A citizen's way to an account: asked for here, confirmed by who reads the address's mail, ended on the site it began from. */
export function registrationRoutes(app: App, parts: RegistrationRouteParts): void {
  const { host, registrations, secure } = parts;
  const pages = new RegistrationPages(parts);

  app.get(
    "/inscription",
    { config: { auth: "public" }, schema: { querystring: WayQuery } },
    async (request, reply) => {
      // Who comes back to correct something finds what they typed.
      const typed = (await askedHere(request)) ?? typedOf({});
      return pages.form(request, reply, typed, { status: 200 });
    },
  );

  app.post(
    "/inscription",
    {
      config: { auth: "public", csrf: "handled", rateLimit: ASKED },
      schema: { querystring: WayQuery, body: Form },
    },
    async (request, reply) => {
      const typed = typedOf(request.body);
      const { password = "", action } = request.body;
      const again = (status: number, errors: { name?: string; message: string }[], visible = false) =>
        pages.form(request, reply, typed, { status, errors, visible });
      if (request.csrfFailed)
        return again(422, [{ message: pages.say(request, "interactions.form-expired") }]);
      if (action === "montrer") return again(200, [], true);
      const errors = faultsIn(request, typed, password);
      if (errors.length > 0) return again(422, errors);
      const { uid } = request.query;
      try {
        const id = await register(parts, {
          ...typed,
          password,
          address: request.ip,
          interactionUid: uid ?? null,
          site: await pages.siteOf(request),
          language: requestLanguage(request),
        });
        askedCookie.keep(reply, id, secure);
        return reply.redirect(`/inscription/message${way(request)}`, 303);
      } catch (error) {
        if (!(error instanceof TooBusy)) throw error;
        reply.header("retry-after", 5);
        return again(503, [{ message: pages.say(request, "interactions.busy") }]);
      }
    },
  );

  app.get(
    "/inscription/message",
    { config: { auth: "public" }, schema: { querystring: WayQuery } },
    async (request, reply) => {
      const asked = await askedHere(request);
      return asked ? pages.sent(request, reply, asked, 200) : pages.stopped(request, reply, "expired");
    },
  );

  app.post(
    "/inscription/message",
    {
      config: { auth: "public", csrf: "handled", rateLimit: TYPED },
      schema: { querystring: WayQuery, body: Code },
    },
    async (request, reply) => {
      const asked = await askedHere(request);
      if (!asked) return pages.stopped(request, reply, "expired");
      const again = (status: number, error: string) => pages.sent(request, reply, asked, status, error);
      if (request.csrfFailed) return again(422, pages.say(request, "registration.form-expired"));
      const code = (request.body.code ?? "").replace(/\s/g, "");
      if (!/^\d{6}$/.test(code)) return again(422, pages.say(request, "registration.code-missing"));
      const result = await tryCode(parts, asked, code, request.ip);
      if ("waitSeconds" in result) {
        reply.header("retry-after", result.waitSeconds);
        return again(429, pages.say(request, "interactions.wait", { seconds: result.waitSeconds }));
      }
      if ("right" in result) return confirmed(request, reply, asked);
      if (result.triesLeft === 0) return pages.stopped(request, reply, "tries");
      return again(422, pages.say(request, "registration.code-wrong", { count: result.triesLeft }));
    },
  );

  // A link in a mail is opened by programs that look for dangers too: opening it changes nothing.
  app.get(
    "/inscription/confirmer/:token",
    { config: { auth: "public" }, schema: { params: Link, querystring: WayQuery } },
    async (request, reply) => {
      const asked = await registrations.find(hashToken(request.params.token));
      if (!asked) return pages.stopped(request, reply, "expired");
      const own = await askedHereFor(request, asked);
      return pages.confirm(request, reply, own ?? asked, { status: 200, elsewhere: !own });
    },
  );

  app.post(
    "/inscription/confirmer/:token",
    {
      config: { auth: "public", csrf: "handled", rateLimit: TYPED },
      schema: { params: Link, querystring: WayQuery, body: Chosen },
    },
    async (request, reply) => {
      const asked = await registrations.find(hashToken(request.params.token));
      if (!asked) return pages.stopped(request, reply, "expired");
      const own = await askedHereFor(request, asked);
      const { password = "", action } = request.body;
      const typed = own ?? { ...typedOf(request.body), email: asked.email };
      const again = (status: number, errors: { name?: string; message: string }[], visible = false) =>
        pages.confirm(request, reply, typed, { status, elsewhere: !own, errors, visible });
      if (request.csrfFailed)
        return again(422, [{ message: pages.say(request, "registration.form-expired") }]);
      if (own) return confirmed(request, reply, own);
      if (action === "montrer") return again(200, [], true);
      const errors = faultsIn(request, typed, password);
      if (errors.length > 0) return again(422, errors);
      try {
        const passwordHash = await parts.hasher.hash(password);
        return await confirmed(request, reply, { ...asked, ...typed, passwordHash, interactionUid: null });
      } catch (error) {
        if (!(error instanceof TooBusy)) throw error;
        reply.header("retry-after", 5);
        return again(503, [{ message: pages.say(request, "interactions.busy") }]);
      }
    },
  );

  // Below the sign-in's own address, where alone the provider's cookie comes along.
  app.get(
    "/connexion/:uid/compte-cree",
    { config: { auth: "public" }, schema: { params: Uid, querystring: WayQuery } },
    async (request, reply) => {
      const { uid } = request.params;
      const ticket = ticketCookie.of(request);
      const interaction = ticket && (await findInteraction(host, request, reply));
      const accountId = ticket && interaction && (await registrations.takeTicket(ticket, uid));
      if (!accountId) return pages.created(request, reply);
      ticketCookie.forget(reply, uid, secure);
      const account = await parts.accounts.find(accountId);
      return account ? parts.proceed(request, reply, interaction, account) : pages.created(request, reply);
    },
  );

  async function confirmed(request: FastifyRequest, reply: FastifyReply, asked: Registration) {
    const done = await confirm(parts, asked);
    askedCookie.forget(reply, secure);
    if (!done) return pages.stopped(request, reply, "known");
    if (!done.ticket || !asked.interactionUid) return pages.created(request, reply);
    ticketCookie.keep(reply, done.ticket, asked.interactionUid, secure);
    const site = asked.clientId ? `?${new URLSearchParams({ site: asked.clientId })}` : "";
    return reply.redirect(`/connexion/${asked.interactionUid}/compte-cree${site}`, 303);
  }

  async function askedHere(request: FastifyRequest): Promise<Registration | undefined> {
    const id = askedCookie.of(request);
    return id && (await registrations.find(id));
  }

  /**
   * What this browser asked for itself, for the address a link has just proven. In any other browser a password is chosen
   * anew: whoever asks for an account with somebody else's address must not be the one who knows its password.
   */
  async function askedHereFor(request: FastifyRequest, { email }: Registration) {
    const own = await askedHere(request);
    return own && emailKey(own.email) === emailKey(email) ? own : undefined;
  }

  function faultsIn(request: FastifyRequest, typed: Typed, password: string) {
    return faultsOf(typed, password, parts.pages.territory).map(({ name, message, params }) => ({
      name,
      message: pages.say(request, message, params),
    }));
  }
}
