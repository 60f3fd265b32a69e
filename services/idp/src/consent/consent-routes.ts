import type { App } from "@interco/platform/http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { AccountRepository } from "../accounts/account-repository.ts";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import { answerPage, requestLanguage } from "../interactions/answer-page.ts";
import { findInteraction, finishInteraction } from "../interactions/interaction.ts";
import type { Pages } from "../interactions/page.ts";
import { viewOf } from "../interactions/site-view.ts";
import type { ProviderHost } from "../provider/provider-host.ts";
import type { ProviderClient } from "../provider/provider-internals.ts";
import { consentQuestion, whatIsGiven } from "./consent-question.ts";
import type { ConsentRepository } from "./consent-repository.ts";

const Params = Type.Object({ uid: Type.String({ maxLength: 64 }) });
const Query = Type.Object({
  site: Type.Optional(Type.String({ maxLength: 64 })),
  lang: Type.Optional(Type.String({ maxLength: 10 })),
});
const Form = Type.Object({
  answer: Type.Optional(Type.String({ maxLength: 20 })),
  _csrf: Type.Optional(Type.String({ maxLength: 200 })),
});

export interface ConsentRouteParts {
  consents: ConsentRepository;
  accounts: AccountRepository;
  journal: SignInJournal;
  host: ProviderHost;
  pages: Pages;
  secure: boolean;
}

/** The page between a sign-in and a site that wants more than it needs: what, why, yes or no. */
export function consentRoutes(app: App, parts: ConsentRouteParts): void {
  const { host, pages, accounts, consents, journal } = parts;

  app.get(
    "/connexion/:uid/accord",
    { config: { auth: "public" }, schema: { params: Params, querystring: Query } },
    async (request, reply) => {
      const asked = await find(request, reply);
      return asked ? show(request, reply, asked, 200) : expired(request, reply);
    },
  );

  app.post(
    "/connexion/:uid/accord",
    {
      config: { auth: "public", csrf: "handled" },
      schema: { params: Params, querystring: Query, body: Form },
    },
    async (request, reply) => {
      const asked = await find(request, reply);
      if (!asked) return expired(request, reply);
      const { answer } = request.body;
      // Neither button, or another site's form: the question again.
      if (request.csrfFailed || (answer !== "accepter" && answer !== "refuser"))
        return show(request, reply, asked, 422);
      const { client, account, question, interaction } = asked;
      const accepted = answer === "accepter" ? question.scopes : [];
      const refused = answer === "accepter" ? [] : question.scopes;
      await consents.answer(account.id, client.clientId, { accepted, refused });
      await journal.add({
        kind: answer === "accepter" ? "consent_given" : "consent_refused",
        accountId: account.id,
        clientId: client.clientId,
        detail: { scopes: question.scopes.join(" ") },
      });
      if (refused.length > 0 && question.required)
        return finishInteraction(host, request, reply, {
          error: "access_denied",
          error_description: "the person did not agree",
        });
      const grantId = await host.grantWith(client.clientId, account.id, interaction.grantId, {
        accepted,
        refused,
      });
      return finishInteraction(host, request, reply, { consent: { grantId } });
    },
  );

  async function find(request: FastifyRequest, reply: FastifyReply) {
    const interaction = await findInteraction(host, request, reply);
    const accountId = interaction?.session?.accountId;
    if (interaction?.prompt.name !== "consent" || !accountId) return undefined;
    const client = await host.findClient(String(interaction.params.client_id));
    const account = await accounts.find(accountId);
    if (!client || !account) return undefined;
    const scopes = String(interaction.params.scope ?? "").split(" ");
    const { missingOIDCScope: missing = [] } = interaction.prompt.details as { missingOIDCScope?: string[] };
    return { interaction, client, account, question: consentQuestion(client, scopes, missing) };
  }

  type Asked = NonNullable<Awaited<ReturnType<typeof find>>>;

  function show(request: FastifyRequest, reply: FastifyReply, asked: Asked, status: number) {
    const { client, account, question, interaction } = asked;
    const uiLocales = interaction.params.ui_locales;
    const lang = requestLanguage(request, uiLocales);
    const context = {
      purpose: purposeOf(client, lang),
      facts: whatIsGiven(question.scopes, account, (key, params = {}) =>
        pages.translate(lang, key, { ...params }),
      ),
      required: question.required,
      each: client.consent === "always",
      again: status !== 200,
    };
    const site = viewOf(client, pages, lang);
    return answerPage(parts, request, reply, "consent/question", context, { status, site, uiLocales });
  }

  async function expired(request: FastifyRequest, reply: FastifyReply) {
    const { site: clientId } = request.query as { site?: string };
    const client = clientId ? await host.findClient(clientId) : undefined;
    const site = client ? viewOf(client, pages, requestLanguage(request)) : null;
    const context = { kind: "expired", used: false, kept: null };
    return answerPage(parts, request, reply, "interactions/stopped", context, { status: 400, site });
  }
}

function purposeOf(client: ProviderClient, lang: string): string | null {
  return (lang === "en" ? client.purpose_en : undefined) ?? client.purpose ?? null;
}
