import type { App } from "@interco/platform/http";
import { answerPage, requestLanguage } from "../interactions/answer-page.ts";
import { addressIn } from "../interactions/interaction.ts";
import { viewOf } from "../interactions/site-view.ts";
import { withSecond } from "../provider/acr.ts";
import { Query, type SecondStepParts, Uid } from "./second-step-routes.ts";
import type { SetUpParts } from "./set-up.ts";
import { type FindPlace, setUpRoutes } from "./set-up-routes.ts";
import type { TellFactorParts } from "./tell-factor.ts";

const PAGE = "/securiser";

/**
 * Setting up a second factor in the middle of a sign-in: an agent's first one for a backoffice. Only where the account has none,
 * or where the person has just shown one.
 */
export function signInSetUpRoutes(app: App, parts: SecondStepParts & SetUpParts & TellFactorParts): void {
  const { factors, steps, signInSteps, host, pages, journal } = parts;

  const findPlace: FindPlace = async (request, reply) => {
    const step = await signInSteps.find(request, reply);
    if (!step) return undefined;
    const { interaction, account, key } = step;
    if (!step.amr.includes("mfa") && (await factors.of(account.id)).any) {
      reply.redirect(addressIn(interaction, "/verification"), 303);
      return undefined;
    }
    const lang = requestLanguage(request, interaction.params.ui_locales);
    const client = await host.findClient(String(interaction.params.client_id));
    let { amr } = step;
    return {
      key,
      account,
      pending: step.pending,
      home: addressIn(interaction, PAGE),
      at: (page) => addressIn(interaction, `${PAGE}${page}`),
      site: client ? viewOf(client, pages, lang) : null,
      uiLocales: interaction.params.ui_locales,
      signingIn: true,
      async added(what, method) {
        amr = withSecond(amr, method);
        await steps.prove(key, amr);
        const clientId = String(interaction.params.client_id);
        await journal.add({ kind: "factor_added", accountId: account.id, clientId, detail: { what } });
        await parts.tellFactor(account, `${what}-added`, lang, { except: interaction.session?.uid });
      },
      done: () =>
        amr.includes("mfa")
          ? signInSteps.finish(request, reply, interaction, account.id, amr, step.signedInAt)
          : Promise.resolve(reply.redirect(addressIn(interaction, PAGE), 303)),
    };
  };

  app.get(
    "/connexion/:uid/securiser",
    { config: { auth: "public" }, schema: { params: Uid, querystring: Query } },
    async (request, reply) => {
      const place = await findPlace(request, reply);
      if (!place) return reply;
      const context = {
        professional: place.account.kind === "professional",
        passkeyHref: place.at("/cle"),
        programHref: place.at("/application"),
        codesHref: place.at("/codes"),
      };
      return answerPage(parts, request, reply, "factors/choose", context, place);
    },
  );

  setUpRoutes(app, parts, "/connexion/:uid/securiser", findPlace);
}
