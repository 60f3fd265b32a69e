import type { App } from "@interco/platform/http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { AccountKind } from "../accounts/account-repository.ts";
import { isEmail } from "../accounts/email-address.ts";
import { TooBusy } from "../credentials/bounded-work.ts";
import { type SignInParts, signIn } from "../credentials/sign-in.ts";
import type { ProviderHost } from "../provider/provider-host.ts";
import type { ProviderClient } from "../provider/provider-internals.ts";
import { answerPage, requestLanguage } from "./answer-page.ts";
import {
  addressIn,
  findInteraction,
  finishInteraction,
  type Interaction,
  isStepUp,
  type Proceed,
} from "./interaction.ts";
import type { Pages } from "./page.ts";
import { viewOf } from "./site-view.ts";
import { typedEmail } from "./typed-email.ts";

const Params = Type.Object({ uid: Type.String({ maxLength: 64 }) });
const Query = Type.Object({
  site: Type.Optional(Type.String({ maxLength: 64 })),
  lang: Type.Optional(Type.String({ maxLength: 10 })),
  /** "autre": signs in anew where a second factor of who is signed in would do. */
  compte: Type.Optional(Type.String({ maxLength: 10 })),
  /** "cle": the passkey that was shown wasn't taken. */
  refus: Type.Optional(Type.String({ maxLength: 10 })),
});
const Form = Type.Object({
  email: Type.Optional(Type.String({ maxLength: 500 })),
  password: Type.Optional(Type.String({ maxLength: 2000 })),
  /** Which button was pressed; the first one signs in. */
  action: Type.Optional(Type.String({ maxLength: 20 })),
  _csrf: Type.Optional(Type.String({ maxLength: 200 })),
});

interface FormState {
  email?: string;
  errors?: { name?: string; message: string }[];
  visible?: boolean;
  notice?: string;
}

export interface SignInRouteParts extends SignInParts {
  host: ProviderHost;
  pages: Pages;
  proceed: Proceed;
  /** Cookies go over https only. */
  secure: boolean;
  /** Ways to sign in beside a password, for a site. */
  otherWays(uid: string, client: ProviderClient, params: { scope?: unknown }): { name: string }[];
  /** Told of each attempt's outcome, for metrics. */
  counted(outcome: "signed_in" | "wrong" | "delayed" | "busy"): void;
}

/** What a person does between a site and that site: sign in, or choose who they are. */
export function signInRoutes(app: App, parts: SignInRouteParts): void {
  const { host, pages } = parts;

  app.get(
    "/connexion/:uid",
    { config: { auth: "public" }, schema: { params: Params, querystring: Query } },
    async (request, reply) => {
      const interaction = await findInteraction(host, request, reply);
      if (!interaction) return expired(request, reply);
      if (isStepUp(interaction) && request.query.compte !== "autre")
        return reply.redirect(addressIn(interaction, "/verification"), 303);
      const email = hint(interaction) || typedEmail.of(request) || "";
      if (request.query.refus !== "cle") return show(request, reply, interaction, { email }, 200);
      const message = pages.translate(
        requestLanguage(request, interaction.params.ui_locales),
        "interactions.passkey-wrong",
      );
      return show(request, reply, interaction, { email, errors: [{ message }] }, 422);
    },
  );

  app.post(
    "/connexion/:uid",
    {
      config: { auth: "public", csrf: "handled" },
      schema: { params: Params, querystring: Query, body: Form },
    },
    async (request, reply) => {
      const interaction = await findInteraction(host, request, reply);
      if (!interaction) return expired(request, reply);
      const { email = "", password = "", action } = request.body;
      const say = (key: string, params = {}) =>
        pages.translate(requestLanguage(request, interaction.params.ui_locales), key, params);
      const again = (status: number, state: FormState) =>
        show(request, reply, interaction, { email, ...state }, status);

      if (request.csrfFailed) return again(422, { errors: [{ message: say("interactions.form-expired") }] });
      if (action === "montrer") return again(200, { visible: true });
      if (action === "garder" && interaction.session?.accountId && canKeep(interaction))
        return finishInteraction(host, request, reply, { select_account: {} });
      const errors = [];
      if (!isEmail(email.trim())) errors.push({ name: "email", message: say("interactions.email-missing") });
      if (!password) errors.push({ name: "password", message: say("interactions.password-missing") });
      if (errors.length > 0) return again(422, { errors });

      const clientId = String(interaction.params.client_id);
      const preferred = preferredKind(interaction);
      const only = wantsPersonal(interaction);
      try {
        const result = await signIn(parts, {
          email,
          password,
          address: request.ip,
          clientId,
          preferred,
          only,
        });
        if ("waitSeconds" in result) {
          parts.counted("delayed");
          reply.header("retry-after", result.waitSeconds);
          const message = say("interactions.wait", { seconds: result.waitSeconds });
          return again(429, { errors: [{ message }] });
        }
        if ("wrong" in result) {
          parts.counted("wrong");
          return again(422, { errors: [{ name: "email", message: say("interactions.wrong") }] });
        }
        if ("deactivated" in result) {
          parts.counted("wrong");
          return deactivated(request, reply, interaction, result.deactivated.kind);
        }
        parts.counted("signed_in");
        typedEmail.forget(request, reply, parts.secure);
        return await parts.proceed(request, reply, interaction, result.account);
      } catch (error) {
        if (!(error instanceof TooBusy)) throw error;
        parts.counted("busy");
        reply.header("retry-after", 5);
        return again(503, { errors: [{ message: say("interactions.busy") }] });
      }
    },
  );

  async function show(
    request: FastifyRequest,
    reply: FastifyReply,
    interaction: Interaction,
    state: FormState,
    status: number,
  ) {
    const client = await host.findClient(String(interaction.params.client_id));
    if (!client) return expired(request, reply);
    // However they came to be signed in with it: a passkey, another provider.
    if (interaction.prompt.reasons.includes("account_deactivated"))
      return deactivated(request, reply, interaction, preferredKind(interaction));
    const site = viewOf(client, pages, requestLanguage(request, interaction.params.ui_locales));
    const known = interaction.session?.accountId
      ? await parts.accounts.find(interaction.session.accountId)
      : undefined;
    const errors = state.errors ?? [];
    const errorOf = (name: string) => errors.find((error) => error.name === name)?.message ?? null;
    return answerPage(
      parts,
      request,
      reply,
      "interactions/sign-in",
      {
        upstreams: parts.otherWays(interaction.uid, client, interaction.params),
        register: `/inscription?${new URLSearchParams({ uid: interaction.uid, site: client.clientId })}`,
        email: state.email ?? "",
        visible: state.visible ?? false,
        errors,
        wrong: errors.length > 0,
        emailError: errorOf("email"),
        passwordError: errorOf("password"),
        known: known ? { name: `${known.givenName} ${known.familyName}`, email: known.email } : null,
        keep: known !== undefined && canKeep(interaction),
        passkey: {
          options: `/connexion/${interaction.uid}/cle/options`,
          action: addressIn(interaction, "/cle"),
        },
        forgotten: `/mot-de-passe-oublie?${new URLSearchParams({ uid: interaction.uid, site: client.clientId })}`,
        professional: interaction.prompt.reasons.includes("professional_account"),
        personal: wantsPersonal(interaction),
      },
      { status, site, uiLocales: interaction.params.ui_locales },
    );
  }

  /** Said to nobody but who proved that the account is theirs. */
  async function deactivated(
    request: FastifyRequest,
    reply: FastifyReply,
    interaction: Interaction,
    kind: AccountKind,
  ) {
    const client = await host.findClient(String(interaction.params.client_id));
    const view = client && viewOf(client, pages, requestLanguage(request, interaction.params.ui_locales));
    const site = view && !view.own ? view : null;
    const context = { kind: `deactivated-${kind}`, used: false, kept: null };
    const uiLocales = interaction.params.ui_locales;
    return answerPage(parts, request, reply, "interactions/stopped", context, {
      status: 403,
      site,
      uiLocales,
      url: "/",
    });
  }

  /**
   * A page that says so, with the way on: nobody is left with a dead form. What was typed isn't typed again: where there is
   * a site to start again from, the address comes back with the next form.
   */
  async function expired(request: FastifyRequest, reply: FastifyReply) {
    const { site: clientId } = request.query as { site?: string };
    const client: ProviderClient | undefined = clientId ? await host.findClient(clientId) : undefined;
    const known = client && (await host.sessionOf(request.raw, reply.raw));
    const email = (request.body as { email?: string } | undefined)?.email?.trim() ?? "";
    // Without the form's own token it may be another site's page that fills in an address.
    const kept = client && !known && !request.csrfFailed && isEmail(email) ? email : null;
    if (kept) typedEmail.keep(reply, kept, parts.secure);
    const site = client ? viewOf(client, pages, requestLanguage(request)) : null;
    const context = { kind: known ? "used" : "expired", used: Boolean(known), kept };
    return answerPage(parts, request, reply, "interactions/stopped", context, { status: 400, site });
  }
}

function hint(interaction: Interaction): string {
  const given = String(interaction.params.login_hint ?? "");
  return isEmail(given) ? given : "";
}

function wantsAgent(interaction: Interaction): boolean {
  return String(interaction.params.scope ?? "")
    .split(" ")
    .includes("agent");
}

/** The account meant where a person has one of each kind. */
function preferredKind(interaction: Interaction): AccountKind {
  return wantsAgent(interaction) ? "professional" : "personal";
}

/** A request is to be made, or one's own seen: a professional account can't. */
function wantsPersonal(interaction: Interaction): boolean {
  return interaction.params.account_kind === "personal";
}

/** Staying who one is answers a choice of account, never a wish to see the password again. */
function canKeep(interaction: Interaction): boolean {
  return interaction.prompt.name === "select_account";
}
