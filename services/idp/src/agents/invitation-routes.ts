import type { App } from "@interco/platform/http";
import { hashToken } from "@interco/platform/secrets";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { ClientRepository } from "../clients/client-repository.ts";
import { TooBusy } from "../credentials/bounded-work.ts";
import { PASSWORD_LENGTH } from "../credentials/password-length.ts";
import { passwordAdvice, passwordRefusal } from "../credentials/password-policy.ts";
import { answerPage, requestLanguage } from "../interactions/answer-page.ts";
import type { Pages } from "../interactions/page.ts";
import { typedEmail } from "../interactions/typed-email.ts";
import { backofficeOf } from "./invitation-mails.ts";
import { acceptInvitation, type Invitation, type InviteParts, reopenAccount } from "./invite-agent.ts";

const Link = Type.Object({ token: Type.String({ maxLength: 100 }) });
const Query = Type.Object({ lang: Type.Optional(Type.String({ maxLength: 10 })) });
const Form = Type.Object({
  password: Type.Optional(Type.String({ maxLength: 2000 })),
  /** Which button was pressed; the first one makes the account. */
  action: Type.Optional(Type.String({ maxLength: 20 })),
  _csrf: Type.Optional(Type.String({ maxLength: 200 })),
});

/** What one network may post in ten minutes (outside development): each costs a password's hash. */
const TYPED = { max: 60, timeWindow: 10 * 60_000 };

export interface InvitationRouteParts extends InviteParts {
  clients: ClientRepository;
  pages: Pages;
  /** Cookies go over https only. */
  secure: boolean;
}

/** An agent's way to an account: the link an entity had written to them, a password of their choice, and on to its backoffice. */
export function invitationRoutes(app: App, parts: InvitationRouteParts): void {
  const { pages, secure } = parts;
  const say = (request: FastifyRequest, key: string, params = {}) =>
    pages.translate(requestLanguage(request), key, params);

  // A link in a mail is opened by programs that look for dangers too: opening it changes nothing.
  app.get(
    "/invitation/:token",
    { config: { auth: "public" }, schema: { params: Link, querystring: Query } },
    async (request, reply) => {
      const invitation = await find(request);
      return invitation ? showStep(request, reply, invitation) : stopped(request, reply);
    },
  );

  app.post(
    "/invitation/:token",
    {
      config: { auth: "public", csrf: "handled", rateLimit: TYPED },
      schema: { params: Link, querystring: Query, body: Form },
    },
    async (request, reply) => {
      const invitation = await find(request);
      if (!invitation) return stopped(request, reply);
      const again = (
        status: number,
        error: string | null,
        state: { field?: boolean; visible?: boolean } = {},
      ) => showStep(request, reply, invitation, { status, error, ...state });
      if (request.csrfFailed) return again(422, say(request, "agents.form-expired"));
      if (invitation.step === "known") return again(200, null);
      if (invitation.step === "reopen") {
        await reopenAccount(parts, invitation, invitation.account);
        return done(request, reply, invitation);
      }
      const { password = "", action } = request.body;
      if (action === "montrer") return again(200, null, { visible: true });
      const { email, givenName, familyName } = invitation.opened;
      const about = { email, names: [givenName, familyName], territory: pages.territory };
      const refused = passwordRefusal(password, about);
      if (refused) {
        const { key, params } = passwordAdvice(refused);
        return again(422, say(request, key, params), { field: true });
      }
      try {
        await acceptInvitation(parts, invitation, password);
        return done(request, reply, invitation);
      } catch (error) {
        if (!(error instanceof TooBusy)) throw error;
        reply.header("retry-after", 5);
        return again(503, say(request, "interactions.busy"));
      }
    },
  );

  async function find(request: FastifyRequest): Promise<Invitation | undefined> {
    const { token } = request.params as { token: string };
    const opened = await parts.access.open(hashToken(token));
    const site = opened && (await parts.clients.find(opened.clientId));
    if (!site) return undefined;
    const account = await (opened.accountId
      ? parts.accounts.find(opened.accountId)
      : parts.accounts.findByEmail(opened.email, "professional"));
    if (!account) return { opened, site, step: "choose" };
    return { opened, site, account, step: account.deactivated === "left" ? "reopen" : "known" };
  }

  async function showStep(
    request: FastifyRequest,
    reply: FastifyReply,
    { opened, site, ...invitation }: Invitation,
    state: { status?: number; error?: string | null; field?: boolean; visible?: boolean } = {},
  ) {
    const { status = 200, error = null, field = false, visible = false } = state;
    const { account } = invitation as { account?: { givenName: string; familyName: string } };
    const { givenName, familyName } = account ?? opened;
    const errors = error ? [{ ...(field ? { name: "password" } : {}), message: error }] : [];
    const context = {
      site: site.entity_name,
      backoffice: backofficeOf(site),
      action: request.url,
      name: `${givenName} ${familyName}`,
      email: opened.email,
      visible,
      errors,
      wrong: errors.length > 0,
      passwordError: field ? error : null,
      passwordHint: say(request, "credentials.password.hint", PASSWORD_LENGTH),
    };
    return show(request, reply, `agents/invitation-${invitation.step}`, context, status);
  }

  /** The next page is the backoffice's sign-in, where the address is filled in already. */
  async function done(request: FastifyRequest, reply: FastifyReply, { opened, site }: Invitation) {
    typedEmail.keep(reply, opened.email, secure);
    const context = { site: site.entity_name, backoffice: backofficeOf(site) };
    return show(request, reply, "agents/invitation-done", context, 200);
  }

  /** The same page for a link that is old, was taken back, or never was. */
  async function stopped(request: FastifyRequest, reply: FastifyReply) {
    const sites = (await parts.clients.list()).map(({ name, origin }) => ({ name, origin }));
    return show(request, reply, "agents/invitation-stopped", { sites }, 400);
  }

  async function show(
    request: FastifyRequest,
    reply: FastifyReply,
    screen: string,
    context: object,
    status: number,
  ) {
    // The address holds the link's token: no page that is gone to from here learns it.
    reply.header("referrer-policy", "no-referrer");
    return answerPage(parts, request, reply, screen, context, { status });
  }
}
