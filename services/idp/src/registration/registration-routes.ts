import type { App } from "@interco/platform/http";
import { hashToken } from "@interco/platform/secrets";
import { policyText } from "@interco/platform/security-headers";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { emailKey } from "../accounts/account-repository.ts";
import type { ClientRepository } from "../clients/client-repository.ts";
import { TooBusy } from "../credentials/bounded-work.ts";
import { PASSWORD_LENGTH } from "../credentials/password-length.ts";
import { findInteraction, finishInteraction, signedIn } from "../interactions/interaction.ts";
import { languageCookie } from "../interactions/language.ts";
import type { Pages } from "../interactions/page.ts";
import { pageLanguage } from "../pages/page-routes.ts";
import type { ProviderHost } from "../provider/provider-host.ts";
import { confirm, type RegisterParts, register, tryCode } from "./register.ts";
import { askedCookie, ticketCookie } from "./registration-cookies.ts";
import { faultsOf, type Typed, typedOf } from "./registration-form.ts";
import type { Registration } from "./registration-repository.ts";

const Query = Type.Object({
  /** The sign-in it was begun from. It becomes part of an address. */
  uid: Type.Optional(Type.String({ pattern: "^[\\w-]{1,64}$" })),
  site: Type.Optional(Type.String({ maxLength: 64 })),
  lang: Type.Optional(Type.String({ maxLength: 10 })),
});
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

export interface RegistrationRouteParts extends RegisterParts {
  clients: ClientRepository;
  host: ProviderHost;
  pages: Pages;
  /** Cookies go over https only. */
  secure: boolean;
}

interface Site {
  clientId: string;
  name: string;
  origin: string;
}

/** A citizen's way to an account: asked for here, confirmed by who reads the address's mail, ended on the site it began from. */
export function registrationRoutes(app: App, parts: RegistrationRouteParts): void {
  const { host, pages, registrations, secure } = parts;
  const say = (request: FastifyRequest, key: string, params = {}) =>
    pages.translate(pageLanguage(request), key, params);

  app.get(
    "/inscription",
    { config: { auth: "public" }, schema: { querystring: Query } },
    async (request, reply) => {
      // Who comes back to correct something finds what they typed.
      const typed = (await askedHere(request)) ?? typedOf({});
      return showForm(request, reply, typed, { status: 200 });
    },
  );

  app.post(
    "/inscription",
    {
      config: { auth: "public", csrf: "handled", rateLimit: ASKED },
      schema: { querystring: Query, body: Form },
    },
    async (request, reply) => {
      const typed = typedOf(request.body);
      const { password = "", action } = request.body;
      const again = (status: number, errors: { name?: string; message: string }[], visible = false) =>
        showForm(request, reply, typed, { status, errors, visible });
      if (request.csrfFailed) return again(422, [{ message: say(request, "interactions.form-expired") }]);
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
          site: await siteOf(request),
          language: pageLanguage(request),
        });
        askedCookie.keep(reply, id, secure);
        return reply.redirect(`/inscription/message${way(request)}`, 303);
      } catch (error) {
        if (!(error instanceof TooBusy)) throw error;
        reply.header("retry-after", 5);
        return again(503, [{ message: say(request, "interactions.busy") }]);
      }
    },
  );

  app.get(
    "/inscription/message",
    { config: { auth: "public" }, schema: { querystring: Query } },
    async (request, reply) => {
      const asked = await askedHere(request);
      return asked ? showSent(request, reply, asked, 200) : stopped(request, reply, "expired");
    },
  );

  app.post(
    "/inscription/message",
    {
      config: { auth: "public", csrf: "handled", rateLimit: TYPED },
      schema: { querystring: Query, body: Code },
    },
    async (request, reply) => {
      const asked = await askedHere(request);
      if (!asked) return stopped(request, reply, "expired");
      const again = (status: number, error: string) => showSent(request, reply, asked, status, error);
      if (request.csrfFailed) return again(422, say(request, "registration.form-expired"));
      const code = (request.body.code ?? "").replace(/\s/g, "");
      if (!/^\d{6}$/.test(code)) return again(422, say(request, "registration.code-missing"));
      const result = await tryCode(parts, asked, code, request.ip);
      if ("waitSeconds" in result) {
        reply.header("retry-after", result.waitSeconds);
        return again(429, say(request, "interactions.wait", { seconds: result.waitSeconds }));
      }
      if ("right" in result) return confirmed(request, reply, asked);
      if (result.triesLeft === 0) return stopped(request, reply, "tries");
      return again(422, say(request, "registration.code-wrong", { count: result.triesLeft }));
    },
  );

  // A link in a mail is opened by programs that look for dangers too: opening it changes nothing.
  app.get(
    "/inscription/confirmer/:token",
    { config: { auth: "public" }, schema: { params: Link, querystring: Query } },
    async (request, reply) => {
      const asked = await registrations.find(hashToken(request.params.token));
      if (!asked) return stopped(request, reply, "expired");
      const own = await askedHereFor(request, asked);
      return showConfirm(request, reply, own ?? asked, { status: 200, elsewhere: !own });
    },
  );

  app.post(
    "/inscription/confirmer/:token",
    {
      config: { auth: "public", csrf: "handled", rateLimit: TYPED },
      schema: { params: Link, querystring: Query, body: Chosen },
    },
    async (request, reply) => {
      const asked = await registrations.find(hashToken(request.params.token));
      if (!asked) return stopped(request, reply, "expired");
      const own = await askedHereFor(request, asked);
      const { password = "", action } = request.body;
      const typed = own ?? { ...typedOf(request.body), email: asked.email };
      const again = (status: number, errors: { name?: string; message: string }[], visible = false) =>
        showConfirm(request, reply, typed, { status, elsewhere: !own, errors, visible });
      if (request.csrfFailed) return again(422, [{ message: say(request, "registration.form-expired") }]);
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
        return again(503, [{ message: say(request, "interactions.busy") }]);
      }
    },
  );

  // Below the sign-in's own address, where alone the provider's cookie comes along.
  app.get(
    "/connexion/:uid/compte-cree",
    { config: { auth: "public" }, schema: { params: Uid, querystring: Query } },
    async (request, reply) => {
      const { uid } = request.params;
      const ticket = ticketCookie.of(request);
      const interaction = ticket && (await findInteraction(host, request, reply));
      const accountId = ticket && interaction && (await registrations.takeTicket(ticket, uid));
      if (!accountId) return created(request, reply);
      ticketCookie.forget(reply, uid, secure);
      await parts.journal.add({
        kind: "signed_in",
        accountId,
        clientId: String(interaction.params.client_id),
        addressKey: parts.throttle.attempt("", request.ip).network,
        detail: { registered: true },
      });
      return finishInteraction(host, request, reply, signedIn(accountId));
    },
  );

  async function confirmed(request: FastifyRequest, reply: FastifyReply, asked: Registration) {
    const done = await confirm(parts, asked);
    askedCookie.forget(reply, secure);
    if (!done) return stopped(request, reply, "known");
    if (!done.ticket || !asked.interactionUid) return created(request, reply);
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
    return faultsOf(typed, password, pages.territory).map(({ name, message, params }) => ({
      name,
      message: say(request, message, params),
    }));
  }

  async function siteOf(request: FastifyRequest): Promise<Site | null> {
    const { site } = request.query as { site?: string };
    const client = site ? await host.findClient(site) : undefined;
    return client
      ? { clientId: client.clientId, name: client.entity_name, origin: client.entity_origin }
      : null;
  }

  async function showForm(
    request: FastifyRequest,
    reply: FastifyReply,
    { email, givenName, familyName }: Typed,
    state: { status: number; errors?: { name?: string; message: string }[]; visible?: boolean },
  ) {
    const { errors = [], visible = false } = state;
    const context = { email, givenName, familyName, visible, ...faulty(errors) };
    return show(request, reply, "form", context, state.status);
  }

  async function showSent(
    request: FastifyRequest,
    reply: FastifyReply,
    { email }: Registration,
    status: number,
    error: string | null = null,
  ) {
    const errors = error ? [{ name: "code", message: error }] : [];
    return show(request, reply, "sent", { email, error, errors, wrong: errors.length > 0 }, status);
  }

  async function showConfirm(
    request: FastifyRequest,
    reply: FastifyReply,
    { email, givenName, familyName }: Typed,
    state: {
      status: number;
      elsewhere: boolean;
      errors?: { name?: string; message: string }[];
      visible?: boolean;
    },
  ) {
    const { elsewhere, errors = [], visible = false } = state;
    const context = { email, givenName, familyName, elsewhere, visible, ...faulty(errors) };
    return show(request, reply, "confirm", context, state.status);
  }

  async function created(request: FastifyRequest, reply: FastifyReply) {
    return show(request, reply, "created", { sites: await sitesOf(request) }, 200);
  }

  /** The same page for a link that is old, was used, or never was: it says what to do, and nothing of anybody. */
  async function stopped(request: FastifyRequest, reply: FastifyReply, kind: "expired" | "tries" | "known") {
    return show(request, reply, "stopped", { kind, sites: await sitesOf(request) }, 400);
  }

  /** Every site, where none is known to go on to. */
  async function sitesOf(request: FastifyRequest) {
    return (await siteOf(request)) ? [] : await parts.clients.list();
  }

  async function show(
    request: FastifyRequest,
    reply: FastifyReply,
    screen: string,
    context: object,
    status: number,
  ) {
    const site = await siteOf(request);
    const cookie = languageCookie((request.query as { lang?: string }).lang, secure);
    if (cookie) reply.header("set-cookie", cookie);
    reply.code(status).type("text/html; charset=utf-8").header("cache-control", "no-store");
    reply.header("content-security-policy", policyText(site ? [site.origin] : []));
    return pages.render(
      `registration/${screen}`,
      {
        site,
        action: request.url,
        again: `/inscription${way(request)}`,
        passwordHint: say(request, "credentials.password.hint", PASSWORD_LENGTH),
        ...context,
      },
      { lang: pageLanguage(request), url: request.url, csrf: reply.generateCsrf() },
    );
  }
}

/** Errors for the summary, and for beside each field. */
function faulty(errors: { name?: string; message: string }[]) {
  const faults = Object.fromEntries(
    ["email", "givenName", "familyName", "password"].map((name) => [
      name,
      errors.find((error) => error.name === name)?.message ?? null,
    ]),
  );
  return { errors, faults, wrong: errors.length > 0 };
}

/** What is said of where one comes from, for the next address. */
function way(request: FastifyRequest): string {
  const { uid, site } = request.query as { uid?: string; site?: string };
  const said = new URLSearchParams({ ...(uid ? { uid } : {}), ...(site ? { site } : {}) });
  return said.size > 0 ? `?${said}` : "";
}
