import type { App, Deps } from "../deps.ts";
import { page } from "../page.ts";
import { listOffers } from "../procedures/offer.ts";
import { siteOf } from "../request-context.ts";

/** The pages the law asks of each entity's site: who publishes it, what becomes of one's data, how accessible it is. */
export function registerLegalPages(app: App, deps: Deps): void {
  const pages = [
    { path: "/mentions-legales", screen: "sites/legal" },
    { path: "/accessibilite", screen: "sites/accessibility" },
  ];
  for (const { path, screen } of pages)
    app.get(path, { config: { auth: "public" } }, (request, reply) => {
      const { entity, origin } = siteOf(request);
      return page(deps, request, reply, screen, {
        name: entity.fullName,
        commune: entity.kind === "commune",
        contact: entity.contact,
        agglomeration: deps.territory.agglomeration.name,
        origin,
      });
    });

  app.get("/donnees-personnelles", { config: { auth: "public" } }, async (request, reply) => {
    const { entity } = siteOf(request);
    const agglomeration = deps.territory.agglomeration;
    const subject = encodeURIComponent(deps.renderer.translate(request.lang, "sites.privacy.subject", {}));
    const own = await deps.procedures.list(entity.id);
    const offers = await listOffers(deps, entity, request.lang);
    return page(deps, request, reply, "sites/privacy", {
      name: entity.fullName,
      commune: entity.kind === "commune",
      contact: entity.contact,
      agglomeration: agglomeration.name,
      agglomerationContact: agglomeration.contact,
      agglomerationHref: `${agglomeration.siteUrl ?? "/"}donnees-personnelles`,
      shared: offers.filter(({ kind }) => kind === "shared").map(({ title }) => title),
      kept: own.map(({ definition }) => ({
        term: definition.title[request.lang],
        text: deps.renderer.translate(request.lang, "sites.privacy.months", {
          count: definition.retentionMonths,
        }),
        href: "",
        change: "",
      })),
      rightsHref: entity.contact.email ? `mailto:${entity.contact.email}?subject=${subject}` : "",
    });
  });
}
