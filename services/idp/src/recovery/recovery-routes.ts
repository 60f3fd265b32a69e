import { timingSafeEqual } from "node:crypto";
import type { App } from "@interco/platform/http";
import { hashToken, newToken } from "@interco/platform/secrets";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { isEmail } from "../accounts/email-address.ts";
import type { ClientRepository } from "../clients/client-repository.ts";
import { TooBusy } from "../credentials/bounded-work.ts";
import { PASSWORD_LENGTH } from "../credentials/password-length.ts";
import { passwordAdvice, passwordRefusal } from "../credentials/password-policy.ts";
import { type CheckCodeParts, checkCode } from "../factors/check-code.ts";
import type { FactorStepRepository } from "../factors/factor-step-repository.ts";
import type { Passkeys } from "../factors/passkeys.ts";
import { Answer, Csrf, TYPED, Uid } from "../factors/second-step-routes.ts";
import type { SignInSteps } from "../factors/sign-in-steps.ts";
import { answerPage, requestLanguage } from "../interactions/answer-page.ts";
import { findInteraction } from "../interactions/interaction.ts";
import type { Pages } from "../interactions/page.ts";
import { viewOf } from "../interactions/site-view.ts";
import { type Amr, withSecond } from "../provider/acr.ts";
import type { ProviderHost } from "../provider/provider-host.ts";
import { askRecovery, type RecoverParts, setPassword } from "./recover.ts";
import { passwordTicket, proofCookie } from "./recovery-cookies.ts";
import type { Recovery } from "./recovery-repository.ts";

const HOME = "/mot-de-passe-oublie";
const Query = Type.Object({
  /** The sign-in it was begun from. It becomes part of an address. */
  uid: Type.Optional(Type.String({ pattern: "^[\\w-]{1,64}$" })),
  site: Type.Optional(Type.String({ maxLength: 64 })),
  lang: Type.Optional(Type.String({ maxLength: 10 })),
});
const Link = Type.Object({ token: Type.String({ maxLength: 100 }) });
const Asking = Type.Object({ email: Type.Optional(Type.String({ maxLength: 500 })), _csrf: Csrf });
const Proof = Type.Object({
  code: Type.Optional(Type.String({ maxLength: 60 })),
  answer: Answer,
  _csrf: Csrf,
});
const Empty = Type.Object({ _csrf: Csrf });
const NewPassword = Type.Object({
  password: Type.Optional(Type.String({ maxLength: 2000 })),
  /** Which button was pressed; the first one sets the password. */
  action: Type.Optional(Type.String({ maxLength: 20 })),
  _csrf: Csrf,
});
/** What one network may ask for in ten minutes (outside development): each is a mail. */
const ASKED = { max: 60, timeWindow: 10 * 60_000 };

export interface RecoveryRouteParts extends RecoverParts, CheckCodeParts {
  clients: ClientRepository;
  steps: FactorStepRepository;
  passkeys: Passkeys;
  signInSteps: SignInSteps;
  host: ProviderHost;
  pages: Pages;
  /** Cookies go over https only. */
  secure: boolean;
}

interface PageError {
  name?: string;
  message: string;
}

/**
 * The way back of who forgot their password: a link by mail, the second factor of who has one, a new password, and on to the site
 * it was begun from. Nothing here says whether an account exists.
 */
export function recoveryRoutes(app: App, parts: RecoveryRouteParts): void {
  const { host, pages, recoveries, factors, steps, passkeys, signInSteps, secure } = parts;
  const say = (request: FastifyRequest, key: string, params = {}) =>
    pages.translate(requestLanguage(request), key, params);
  const page = { config: { auth: "public" }, schema: { params: Link, querystring: Query } } as const;
  const posted = { auth: "public", csrf: "handled", rateLimit: TYPED } as const;

  app.get(HOME, { config: { auth: "public" }, schema: { querystring: Query } }, async (request, reply) =>
    showAsk(request, reply, ""),
  );

  app.post(
    HOME,
    {
      config: { auth: "public", csrf: "handled", rateLimit: ASKED },
      schema: { querystring: Query, body: Asking },
    },
    async (request, reply) => {
      const email = (request.body.email ?? "").normalize("NFKC").trim();
      if (request.csrfFailed)
        return showAsk(request, reply, email, { message: say(request, "recovery.form-expired") });
      if (!isEmail(email))
        return showAsk(request, reply, email, {
          name: "email",
          message: say(request, "interactions.email-missing"),
        });
      const { uid, site } = request.query;
      const client = site ? await host.findClient(site) : undefined;
      await askRecovery(parts, {
        email,
        address: request.ip,
        interactionUid: uid ?? null,
        clientId: client?.clientId ?? null,
        language: requestLanguage(request),
      });
      return reply.redirect(`${HOME}/message${way(request)}`, 303);
    },
  );

  app.get(
    `${HOME}/message`,
    { config: { auth: "public" }, schema: { querystring: Query } },
    async (request, reply) => show(request, reply, "sent", {}),
  );

  // A link in a mail is opened by programs that look for dangers too: opening it changes nothing.
  app.get(`${HOME}/:token`, page, async (request, reply) => {
    const recovery = await find(request);
    if (!recovery) return stopped(request, reply);
    return (await mayGoOn(request, recovery))
      ? showPassword(request, reply, recovery)
      : showProof(request, reply, recovery);
  });

  app.post(
    `${HOME}/:token/verification/options`,
    {
      config: { auth: "public", rateLimit: TYPED },
      schema: { params: Link, querystring: Query, body: Empty },
    },
    async (request, reply) => {
      const recovery = await find(request);
      if (!recovery) return reply.code(410).send({});
      const options = await passkeys.optionsToSignIn(recovery.account);
      await steps.setChallenge(keyOf(recovery), options.challenge);
      return options;
    },
  );

  app.post(
    `${HOME}/:token/verification`,
    { config: posted, schema: { params: Link, querystring: Query, body: Proof } },
    async (request, reply) => {
      const recovery = await find(request);
      if (!recovery) return stopped(request, reply);
      const again = (status: number, message: string, name?: string) =>
        showProof(request, reply, recovery, status, { message, ...(name ? { name } : {}) });
      if (request.csrfFailed) return again(422, say(request, "factors.form-expired"));
      const { account } = recovery;
      const { code = "", answer } = request.body;
      if (answer) {
        const challenge = await steps.takeChallenge(keyOf(recovery));
        const proof = challenge ? await passkeys.check(answer, challenge) : undefined;
        if (proof?.accountId !== account.id) {
          const detail = { passkey: true, recovery: true };
          await parts.journal.add({ kind: "second_factor_refused", accountId: account.id, detail });
          return again(422, say(request, "factors.passkey-wrong"));
        }
        return proven(request, reply, recovery, proof.amr);
      }
      if (!code.trim()) return again(422, say(request, "factors.code-missing"), "code");
      const clientId = recovery.clientId ?? undefined;
      const result = await checkCode(parts, { accountId: account.id, code, address: request.ip, clientId });
      if ("waitSeconds" in result) {
        reply.header("retry-after", result.waitSeconds);
        return again(429, say(request, "interactions.wait", { seconds: result.waitSeconds }), "code");
      }
      if ("right" in result) return proven(request, reply, recovery, "otp");
      return again(422, say(request, "used" in result ? "factors.code-used" : "factors.code-wrong"), "code");
    },
  );

  app.post(
    `${HOME}/:token`,
    { config: posted, schema: { params: Link, querystring: Query, body: NewPassword } },
    async (request, reply) => {
      const recovery = await find(request);
      if (!recovery) return stopped(request, reply);
      if (!(await mayGoOn(request, recovery))) return reply.redirect(request.url, 303);
      const { password = "", action } = request.body;
      const again = (status: number, error?: PageError, visible = false) =>
        showPassword(request, reply, recovery, status, error, visible);
      if (request.csrfFailed) return again(422, { message: say(request, "recovery.form-expired") });
      if (action === "montrer") return again(200, undefined, true);
      const { email, givenName, familyName } = recovery.account;
      const about = { email, names: [givenName, familyName], territory: pages.territory };
      const refused = passwordRefusal(password, about);
      if (refused) {
        const { key, params } = passwordAdvice(refused);
        return again(422, { name: "password", message: say(request, key, params) });
      }
      try {
        const done = await setPassword(parts, recovery, password, requestLanguage(request));
        if (!done) return stopped(request, reply);
        proofCookie.forget(reply, secure);
        const { interactionUid: uid, clientId } = recovery;
        if (!done.ticket || !uid) return reply.redirect(`${HOME}/fait${siteQuery(clientId)}`, 303);
        passwordTicket.keep(reply, done.ticket, uid, secure);
        return reply.redirect(`/connexion/${uid}/mot-de-passe-change${siteQuery(clientId)}`, 303);
      } catch (error) {
        if (!(error instanceof TooBusy)) throw error;
        reply.header("retry-after", 5);
        return again(503, { message: say(request, "interactions.busy") });
      }
    },
  );

  app.get(
    `${HOME}/fait`,
    { config: { auth: "public" }, schema: { querystring: Query } },
    async (request, reply) => show(request, reply, "done", { sites: await sitesOf(request) }),
  );

  // Below the sign-in's own address, where alone the provider's cookie comes along.
  app.get(
    "/connexion/:uid/mot-de-passe-change",
    { config: { auth: "public" }, schema: { params: Uid, querystring: Query } },
    async (request, reply) => {
      const { uid } = request.params;
      const ticket = passwordTicket.of(request);
      const interaction = ticket && (await findInteraction(host, request, reply));
      const taken = ticket && interaction && (await recoveries.takeTicket(ticket, uid));
      const account = taken && (await parts.accounts.find(taken.accountId));
      if (!account) return reply.redirect(`${HOME}/fait${siteQuery(request.query.site)}`, 303);
      passwordTicket.forget(reply, uid, secure);
      const [second] = taken.amr;
      return second
        ? signInSteps.finish(request, reply, interaction, account.id, withSecond(["pwd"], second))
        : signInSteps.proceed(request, reply, interaction, account);
    },
  );

  function find(request: FastifyRequest): Promise<Recovery | undefined> {
    return recoveries.find(hashToken((request.params as { token: string }).token));
  }

  /** Recovery never goes around a second factor: who has one has shown it, in this browser. */
  async function mayGoOn(request: FastifyRequest, { account, proof }: Recovery): Promise<boolean> {
    const shown = proofCookie.of(request);
    if (proof && shown && timingSafeEqual(proof, shown)) return true;
    return !(await factors.of(account.id)).any;
  }

  async function proven(request: FastifyRequest, reply: FastifyReply, { id }: Recovery, second: Amr) {
    const proof = newToken();
    await recoveries.prove(id, hashToken(proof), [second]);
    proofCookie.keep(reply, proof, secure);
    return reply.redirect(request.url.replace("/verification", ""), 303);
  }

  function showAsk(request: FastifyRequest, reply: FastifyReply, email: string, error?: PageError) {
    return show(request, reply, "ask", { email, ...failing(error, "email") }, error ? 422 : 200);
  }

  async function showProof(
    request: FastifyRequest,
    reply: FastifyReply,
    { account }: Recovery,
    status = 200,
    error?: PageError,
  ) {
    const { token } = request.params as { token: string };
    const at = `${HOME}/${token}/verification`;
    const has = await factors.of(account.id);
    const passkey = has.passkeys > 0 ? { action: `${at}${way(request)}`, options: `${at}/options` } : null;
    const context = { has, passkey, action: `${at}${way(request)}`, email: account.email };
    return show(request, reply, "verify", { ...context, ...failing(error, "code") }, status);
  }

  function showPassword(
    request: FastifyRequest,
    reply: FastifyReply,
    { account }: Recovery,
    status = 200,
    error?: PageError,
    visible = false,
  ) {
    const { email, kind } = account;
    const hint = say(request, "credentials.password.hint", PASSWORD_LENGTH);
    const context = { email, professional: kind === "professional", hint, visible };
    return show(request, reply, "password", { ...context, ...failing(error, "password") }, status);
  }

  /** The same page for a link that is old, was used, or never was. */
  function stopped(request: FastifyRequest, reply: FastifyReply) {
    return show(request, reply, "stopped", {}, 400);
  }

  /** Every site, where none is known to go on to. */
  async function sitesOf(request: FastifyRequest) {
    const { site } = request.query as { site?: string };
    return site && (await host.findClient(site)) ? [] : await parts.clients.list();
  }

  async function show(
    request: FastifyRequest,
    reply: FastifyReply,
    screen: string,
    context: object,
    status = 200,
  ) {
    const { site: id } = request.query as { site?: string };
    const client = id ? await host.findClient(id) : undefined;
    const site = client ? viewOf(client, pages, requestLanguage(request)) : null;
    const said = { errors: [], wrong: false, again: `${HOME}${way(request)}`, ...context };
    return answerPage(parts, request, reply, `recovery/${screen}`, said, { status, site });
  }
}

function failing(error: PageError | undefined, field: string) {
  return {
    errors: error ? [error] : [],
    error: error?.name === field ? error.message : null,
    wrong: Boolean(error),
  };
}

function keyOf({ id }: Recovery): Buffer {
  return hashToken(`recovery:${id.toString("hex")}`);
}

function siteQuery(site: string | null | undefined): string {
  return site ? `?${new URLSearchParams({ site })}` : "";
}

/** What is said of where one comes from, for the next address. */
function way(request: FastifyRequest): string {
  const { uid, site } = request.query as { uid?: string; site?: string };
  const said = new URLSearchParams({ ...(uid ? { uid } : {}), ...(site ? { site } : {}) });
  return said.size > 0 ? `?${said}` : "";
}
