import type { App } from "@interco/platform/http";
import type { Language } from "@interco/ui/messages";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { AccountRow } from "../accounts/account-repository.ts";
import { isEmail } from "../accounts/email-address.ts";
import { TooBusy } from "../credentials/bounded-work.ts";
import { type SignInParts, signIn } from "../credentials/sign-in.ts";
import { answerPage, requestLanguage } from "../interactions/answer-page.ts";
import { findInteraction, type Interaction, type Proceed } from "../interactions/interaction.ts";
import type { Pages } from "../interactions/page.ts";
import { viewOf } from "../interactions/site-view.ts";
import type { Amr } from "../provider/acr.ts";
import type { ProviderHost } from "../provider/provider-host.ts";
import type { ProviderClient } from "../provider/provider-internals.ts";
import { type ArrivalParts, askCode, nextStep, prove, settle, tryCode } from "./arrival.ts";
import type { ArrivalEnd } from "./arrival-end.ts";
import type { Arrival } from "./arrival-repository.ts";
import { maskedEmail } from "./masked-email.ts";
import type { RefusalKind, Upstream } from "./upstream.ts";
import { arrivalCookie, browserCookie } from "./upstream-cookies.ts";

const Params = Type.Object({ uid: Type.String({ pattern: "^[\\w-]{1,64}$" }) });
const Query = Type.Object({
  site: Type.Optional(Type.String({ maxLength: 64 })),
  lang: Type.Optional(Type.String({ maxLength: 10 })),
});
const Csrf = Type.Optional(Type.String({ maxLength: 200 }));
const Form = Type.Object({
  /** The address of an account to be made. */
  email: Type.Optional(Type.String({ maxLength: 500 })),
  /** The address and the password of an account there is. */
  login: Type.Optional(Type.String({ maxLength: 500 })),
  password: Type.Optional(Type.String({ maxLength: 2000 })),
  action: Type.Optional(Type.String({ maxLength: 20 })),
  _csrf: Csrf,
});
const Code = Type.Object({ code: Type.Optional(Type.String({ maxLength: 50 })), _csrf: Csrf });

const TEN_MINUTES = 10 * 60_000;
/** What one network may post in ten minutes (outside development): each costs a password's hash or a mail. */
const POSTED = { max: 120, timeWindow: TEN_MINUTES };

export interface ArrivalRouteParts extends ArrivalParts, SignInParts {
  upstreams: readonly Upstream[];
  /** At the end of the sign-in it leads to, `ArrivalEnd` is called. */
  proceed: Proceed;
  host: ProviderHost;
  pages: Pages;
  secure: boolean;
}

/** All that a page needs of somebody who came back from an upstream. */
interface Here {
  interaction: Interaction;
  client: ProviderClient;
  arrival: Arrival;
  upstream: Upstream;
}

interface FirstTime {
  email?: string;
  login?: string;
  errors?: { name?: string; message: string }[];
}

/**
 * What happens to somebody an upstream vouches for, below the sign-in they began: they are known, they confirm, they show that
 * an account is theirs too, or they have one made.
 */
export function arrivalRoutes(app: App, parts: ArrivalRouteParts): void {
  const { host, pages, secure, secrets } = parts;

  app.get(
    "/connexion/:uid/identite",
    { config: { auth: "public" }, schema: { params: Params, querystring: Query } },
    async (request, reply) => {
      const here = await hereOf(request, reply);
      if (!here) return stopped(request, reply, "expired");
      const step = await nextStep(parts, here.arrival, here.upstream.accounts);
      if ("account" in step) return goOn(request, reply, here, step.account);
      if ("same" in step) return showSame(request, reply, here, step.same);
      if ("uninvited" in step) return stopped(request, reply, "uninvited", here);
      return showFirst(request, reply, here, 200, {});
    },
  );

  app.post(
    "/connexion/:uid/identite",
    {
      config: { auth: "public", csrf: "handled", rateLimit: POSTED },
      schema: { params: Params, querystring: Query, body: Form },
    },
    async (request, reply) => {
      const here = await hereOf(request, reply);
      if (!here) return stopped(request, reply, "expired");
      const step = await nextStep(parts, here.arrival, here.upstream.accounts);
      if ("account" in step) return goOn(request, reply, here, step.account);
      if ("uninvited" in step) return stopped(request, reply, "uninvited", here);
      const { action } = request.body;
      if ("same" in step) {
        if (request.csrfFailed || action !== "meme-compte")
          return showSame(request, reply, here, step.same, request.csrfFailed ? 422 : 200);
        return goOn(request, reply, here, step.same);
      }
      if (action === "relier" && here.upstream.accounts === "personal")
        return linkAccount(request, reply, here);
      return askForCode(request, reply, here);
    },
  );

  app.get(
    "/connexion/:uid/identite/code",
    { config: { auth: "public" }, schema: { params: Params, querystring: Query } },
    async (request, reply) => {
      const here = await hereOf(request, reply);
      if (!here) return stopped(request, reply, "expired");
      if (!here.arrival.asked) return reply.redirect(pathOf(here), 303);
      return showCode(request, reply, here, 200);
    },
  );

  app.post(
    "/connexion/:uid/identite/code",
    {
      config: { auth: "public", csrf: "handled", rateLimit: POSTED },
      schema: { params: Params, querystring: Query, body: Code },
    },
    async (request, reply) => {
      const here = await hereOf(request, reply);
      if (!here) return stopped(request, reply, "expired");
      const say = sayIn(request, here.interaction);
      if (request.csrfFailed) return showCode(request, reply, here, 422, say("registration.form-expired"));
      const code = (request.body.code ?? "").replace(/\s/g, "");
      if (!/^\d{6}$/.test(code)) return showCode(request, reply, here, 422, say("registration.code-missing"));
      const result = await tryCode(parts, here.arrival, code, request.ip);
      if ("waitSeconds" in result) {
        reply.header("retry-after", result.waitSeconds);
        return showCode(request, reply, here, 429, say("interactions.wait", { seconds: result.waitSeconds }));
      }
      if (!("right" in result)) {
        const { triesLeft } = result;
        return showCode(
          request,
          reply,
          here,
          422,
          triesLeft === 0
            ? say("upstreams.code.no-try")
            : say("registration.code-wrong", { count: triesLeft }),
        );
      }
      const account = await settle(parts, here.arrival, here.upstream.accounts, here.client.clientId);
      if (!account) return stopped(request, reply, "linked-elsewhere", here);
      return goOn(request, reply, here, account);
    },
  );

  async function hereOf(request: FastifyRequest, reply: FastifyReply): Promise<Here | undefined> {
    const interaction = await findInteraction(host, request, reply);
    const id = interaction && arrivalCookie.of(request);
    const arrival = id && (await parts.arrivals.find(id, interaction.uid));
    const upstream = arrival && parts.upstreams.find((one) => one.id === arrival.upstream);
    const client = interaction && (await host.findClient(String(interaction.params.client_id)));
    return interaction && client && arrival && upstream
      ? { interaction, client, arrival, upstream }
      : undefined;
  }

  /**
   * On to the end of the sign-in, or to the second factor of who has one. `methods` is how they showed that the account is theirs.
   */
  async function goOn(
    request: FastifyRequest,
    reply: FastifyReply,
    here: Here,
    account: AccountRow,
    methods: readonly Amr[] = here.arrival.amr,
  ) {
    if (!(await prove(parts, here.arrival, account))) return stopped(request, reply, "other-identity", here);
    // The same browser is signed out there too, some day.
    browserCookie.keep(request, reply, secure);
    return parts.proceed(request, reply, here.interaction, account, methods);
  }

  /** Proof of both: the upstream's, a moment ago in this browser, and the account's own password now. */
  async function linkAccount(request: FastifyRequest, reply: FastifyReply, here: Here) {
    const { login = "", password = "" } = request.body as { login?: string; password?: string };
    const say = sayIn(request, here.interaction);
    const again = (status: number, ...errors: { name?: string; message: string }[]) =>
      showFirst(request, reply, here, status, { login, errors });
    if (request.csrfFailed) return again(422, { message: say("interactions.form-expired") });
    const missing = [];
    if (!isEmail(login.trim())) missing.push({ name: "login", message: say("interactions.email-missing") });
    if (!password) missing.push({ name: "password", message: say("interactions.password-missing") });
    if (missing.length > 0) return again(422, ...missing);
    try {
      const result = await signIn(parts, {
        email: login,
        password,
        address: request.ip,
        clientId: here.client.clientId,
        preferred: here.upstream.accounts,
      });
      if ("waitSeconds" in result) {
        reply.header("retry-after", result.waitSeconds);
        return again(429, { message: say("interactions.wait", { seconds: result.waitSeconds }) });
      }
      if ("wrong" in result) return again(422, { name: "login", message: say("interactions.wrong") });
      if ("deactivated" in result) {
        const { kind } = result.deactivated;
        return again(403, { name: "login", message: say(`interactions.stopped.deactivated-${kind}.text`) });
      }
      // Who knows its password may be told that it is of the other kind.
      if (result.account.kind !== here.upstream.accounts)
        return again(422, { name: "login", message: say("upstreams.first.professional") });
      return goOn(request, reply, here, result.account, ["pwd"]);
    } catch (error) {
      if (!(error instanceof TooBusy)) throw error;
      reply.header("retry-after", 5);
      return again(503, { message: say("interactions.busy") });
    }
  }

  async function askForCode(request: FastifyRequest, reply: FastifyReply, here: Here) {
    const { arrival, upstream, interaction } = here;
    const said = secrets.openArrival(arrival);
    const typed = (request.body as { email?: string }).email ?? "";
    // An agent's address is the one that was vouched for; a citizen chooses theirs.
    const email = (upstream.accounts === "professional" ? said.email : typed).normalize("NFKC").trim();
    const say = sayIn(request, interaction);
    const again = (message: string, name?: string) =>
      showFirst(request, reply, here, 422, { email, errors: [name ? { name, message } : { message }] });
    if (request.csrfFailed) return again(say("registration.form-expired"));
    if (!isEmail(email)) return again(say("interactions.email-missing"), "email");
    const language = requestLanguage(request, interaction.params.ui_locales);
    await askCode(parts, arrival, { email, upstream, address: request.ip, language });
    return reply.redirect(`/connexion/${interaction.uid}/identite/code${wayOf(here)}`, 303);
  }

  async function showSame(
    request: FastifyRequest,
    reply: FastifyReply,
    here: Here,
    account: AccountRow,
    status = 200,
  ) {
    const errors =
      status === 200 ? [] : [{ message: sayIn(request, here.interaction)("registration.form-expired") }];
    const name = `${account.givenName} ${account.familyName}`;
    return show(request, reply, here, "same", { name, email: maskedEmail(account.email), errors }, status);
  }

  async function showFirst(
    request: FastifyRequest,
    reply: FastifyReply,
    here: Here,
    status: number,
    { email, login = "", errors = [] }: FirstTime,
  ) {
    const said = secrets.openArrival(here.arrival);
    const errorOf = (name: string) => errors.find((error) => error.name === name)?.message ?? null;
    const context = {
      name: `${said.givenName} ${said.familyName}`,
      professional: here.upstream.accounts === "professional",
      email: email ?? said.email,
      login,
      errors,
      faults: { email: errorOf("email"), login: errorOf("login"), password: errorOf("password") },
    };
    return show(request, reply, here, "first", context, status);
  }

  async function showCode(
    request: FastifyRequest,
    reply: FastifyReply,
    here: Here,
    status: number,
    error: string | null = null,
  ) {
    const { email } = secrets.openArrival(here.arrival);
    const errors = error ? [{ name: "code", message: error }] : [];
    return show(request, reply, here, "code", { email, error, errors, again: pathOf(here) }, status);
  }

  async function show(
    request: FastifyRequest,
    reply: FastifyReply,
    here: Here,
    screen: string,
    context: { errors: unknown[]; [name: string]: unknown },
    status: number,
  ) {
    const { interaction, client, upstream } = here;
    const uiLocales = interaction.params.ui_locales;
    const site = siteOf(client, requestLanguage(request, uiLocales));
    return answerPage(
      parts,
      request,
      reply,
      `upstreams/${screen}`,
      { upstream: upstream.name, back: backOf(here), wrong: context.errors.length > 0, ...context },
      { status, site, uiLocales },
    );
  }

  /** What happened and the way on: to the same sign-in where it is there still. */
  async function stopped(request: FastifyRequest, reply: FastifyReply, kind: RefusalKind, here?: Here) {
    const { site: clientId } = request.query as { site?: string };
    const client = here?.client ?? (clientId ? await host.findClient(clientId) : undefined);
    const context = {
      kind,
      upstream: here?.upstream.name ?? null,
      back: here ? backOf(here) : null,
      again: here && kind === "linked-elsewhere" ? pathOf(here) : null,
    };
    const site = siteOf(client, requestLanguage(request));
    return answerPage(parts, request, reply, "upstreams/stopped", context, { status: 400, site, url: "/" });
  }

  /** None where one signs in to one's own account. */
  function siteOf(client: ProviderClient | undefined, language: Language) {
    const view = client && viewOf(client, pages, language);
    return view && !view.own ? view : null;
  }

  function sayIn(request: FastifyRequest, interaction: Interaction) {
    return (key: string, params = {}) =>
      pages.translate(requestLanguage(request, interaction.params.ui_locales), key, params);
  }
}

/** What ends sign-ins calls this, whichever way they went. */
export function arrivalEnder(end: ArrivalEnd, secure: boolean) {
  return async (request: FastifyRequest, interaction: Interaction, accountId: string): Promise<void> =>
    end({
      interactionUid: interaction.uid,
      accountId,
      clientId: String(interaction.params.client_id),
      browser: browserCookie.of(request, secure),
      language: requestLanguage(request, interaction.params.ui_locales),
    });
}

function wayOf({ client }: Here): string {
  return `?${new URLSearchParams({ site: client.clientId })}`;
}

function pathOf(here: Here): string {
  return `/connexion/${here.interaction.uid}/identite${wayOf(here)}`;
}

function backOf(here: Here): string {
  return `/connexion/${here.interaction.uid}${wayOf(here)}`;
}
