import { daysInWords } from "@interco/kernel/words";
import { Problem } from "@interco/platform/problem";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { App, Deps } from "../deps.ts";
import { page } from "../page.ts";
import { citizenOf, isProfessional, siteOf } from "../request-context.ts";
import { asOneself } from "../sign-in/as-oneself.ts";
import { shortNameOf } from "../sites/entity.ts";
import { knownIcon } from "../sites/known-icon.ts";
import { onSite } from "../sites/other-site.ts";
import { viewOf } from "../sites/site-frame.ts";
import { findCommune } from "./commune-parameter.ts";
import { inLanguage } from "./in-language.ts";
import { findCatalogueOffer, listOffers, type Offer } from "./offer.ts";
import type { OfferedProcedure } from "./procedure-library.ts";
import { searchOffers } from "./search-offers.ts";

const CommuneQuery = Type.Object({ commune: Type.Optional(Type.String()) });

/** What one can ask for: the list with its search, and each procedure's page. */
export function registerProcedures(app: App, deps: Deps): void {
  app.get(
    "/demarches",
    {
      config: { auth: "public" },
      schema: { querystring: Type.Object({ q: Type.Optional(Type.String()) }) },
    },
    async (request, reply) => {
      const { entity } = siteOf(request);
      const asked = request.query.q?.trim().slice(0, 200) ?? "";
      const offers = await listOffers(deps, entity, request.lang);
      const found = searchOffers(offers, asked).map((offer) => tileOf(request, offer));
      return page(deps, request, reply, "procedures/list", { asked, found, count: found.length });
    },
  );

  app.get(
    "/demarches/:slug",
    {
      config: { auth: "public" },
      schema: { params: Type.Object({ slug: Type.String() }), querystring: CommuneQuery },
    },
    async (request, reply) => {
      const { entity } = siteOf(request);
      const { slug } = request.params;
      const commune = findCommune(deps.territory, request.query.commune);
      const procedure = await deps.procedures.find(entity.id, slug);
      if (procedure) return showProcedure(deps, request, reply, procedure, commune?.id ?? null);
      const offer = await findCatalogueOffer(deps, entity, slug, request.lang);
      if (!offer) throw new Problem("procedure.unknown", { status: 404 });
      return page(deps, request, reply, "procedures/elsewhere", {
        ...offer,
        href: onSite(request, offer.href),
        agglomeration: viewOf(deps.territory.agglomeration),
        name: deps.territory.agglomeration.name,
        shared: offer.kind === "shared",
      });
    },
  );

  app.get(
    "/demarches/:slug/formulaire",
    {
      config: { auth: "public" },
      schema: { params: Type.Object({ slug: Type.String() }), querystring: CommuneQuery },
    },
    async (request, reply) => {
      const { commune } = request.query;
      const query = commune ? `?commune=${encodeURIComponent(commune)}` : "";
      return reply.redirect(`/demarches/${encodeURIComponent(request.params.slug)}${query}`, 303);
    },
  );
}

/** An offer as a tile; on the agglomeration's site a signed-in person arrives signed in. */
export function tileOf(request: FastifyRequest, offer: Offer) {
  return {
    icon: offer.icon,
    title: offer.title,
    text: offer.summary,
    tag: offer.tag,
    href: onSite(request, offer.href),
  };
}

async function showProcedure(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  procedure: OfferedProcedure,
  from: string | null,
): Promise<FastifyReply> {
  const { lang } = request;
  const { entity } = siteOf(request);
  const { definition } = procedure;
  const t = (key: string, params?: Record<string, string | number>) =>
    deps.renderer.translate(lang, key, params);
  const commune = from ? deps.territory.findById(from) : undefined;
  const signIn = definition.audience === "signed-in" && !citizenOf(request);
  const shared = definition.kind === "shared";
  const { decision } = definition;
  return page(
    deps,
    request,
    reply,
    "procedures/procedure",
    {
      title: inLanguage(definition.title, lang),
      summary: inLanguage(definition.summary, lang),
      icon: knownIcon(definition.icon),
      paragraphs: (definition.description ?? []).map((paragraph) => inLanguage(paragraph, lang)),
      prepare: definition.prepare.map((item) => inLanguage(item, lang)),
      warning: inLanguage(definition.warning, lang),
      start: `/demarches/${definition.slug}/formulaire`,
      commune: commune?.code ?? "",
      signIn,
      signInHref: asOneself(request.url),
      professional: isProfessional(request),
      steps: definition.steps.length,
      facts: [
        {
          term: t("procedures.who"),
          text: shared ? t("procedures.who-shared", { agglomeration: shortNameOf(entity) }) : entity.fullName,
        },
        { term: t("procedures.delay"), text: daysInWords(definition.usualDays, lang) },
        {
          term: t("procedures.account"),
          text: t(definition.audience === "anyone" ? "procedures.no-account" : "procedures.with-account"),
        },
        ...(decision.kind === "decision"
          ? [
              {
                term: t("procedures.silence"),
                text: t(`procedures.silence-${decision.silence}`, { months: decision.months }),
              },
            ]
          : []),
      ].map((fact) => ({ ...fact, href: "", change: "" })),
      follower: shared ? null : { entity: viewOf(entity), contact: entity.contact, name: entity.fullName },
    },
    { from: commune?.siteUrl ? commune.id : null },
  );
}
