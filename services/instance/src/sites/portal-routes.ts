import { timeInWords } from "@interco/kernel/words";
import { shieldSvg } from "@interco/ui/shield";
import type { App, Deps } from "../deps.ts";
import { page } from "../page.ts";
import { listOffers } from "../procedures/offer.ts";
import { tileOf } from "../procedures/procedure-routes.ts";
import { siteOf } from "../request-context.ts";
import { CALENDAR } from "./calendar.ts";
import { openUntil } from "./opening-hours.ts";
import { onSite } from "./other-site.ts";
import { findSiteContent } from "./site-content-repository.ts";
import { viewOf } from "./site-frame.ts";

const MOST_ASKED = 6;

/** The portal of each entity: one question, what is asked most, news, and how to reach the town hall. */
export function registerPortal(app: App, deps: Deps): void {
  app.get("/", { config: { auth: "public" } }, async (request, reply) => {
    const { entity } = siteOf(request);
    const { lang } = request;
    const [offers, content] = await Promise.all([
      listOffers(deps, entity, lang),
      findSiteContent(deps.db, entity.id),
    ]);
    const report = offers.find(({ kind }) => kind === "shared");
    const until = openUntil(entity.contact.hours, new Date(), CALENDAR);
    const commune = entity.kind === "commune";
    return page(deps, request, reply, "sites/home", {
      tagline: content?.tagline ?? "",
      alert: content?.alert ?? "",
      report: report ? onSite(request, report.href) : "",
      asked: offers
        .filter((offer) => offer !== report)
        .slice(0, 2)
        .map((offer) => ({ title: offer.title, href: onSite(request, offer.href) })),
      tiles: offers.slice(0, MOST_ASKED).map((offer) => tileOf(request, offer)),
      count: offers.length,
      news: (content?.news ?? []).map((item) => ({ ...item, href: "" })),
      open: until ? timeInWords(until, lang) : "",
      contact: entity.contact,
      commune,
      sites: commune
        ? []
        : deps.territory.communes
            .filter(({ siteUrl }) => siteUrl !== null)
            .map((one) => ({
              entity: viewOf(one),
              name: one.name,
              href: onSite(request, one.siteUrl ?? "/"),
            })),
      others: deps.territory.communes.filter(({ siteUrl }) => siteUrl === null).length,
    });
  });

  app.get("/icon.svg", { config: { auth: "public" } }, async (request, reply) => {
    const { entity } = siteOf(request);
    const svg = entity.logoSvg ?? shieldSvg(viewOf(entity));
    // Inline it needs no namespace; as a file of its own it does.
    const file = svg.includes("xmlns=")
      ? svg
      : svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"');
    return reply
      .header("cache-control", "public, max-age=3600")
      .header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
      .type("image/svg+xml")
      .send(file);
  });

  app.get("/robots.txt", { config: { auth: "public" } }, async (_request, reply) =>
    reply.header("cache-control", "public, max-age=86400").type("text/plain; charset=utf-8").send(ROBOTS),
  );
}

const ROBOTS = `User-agent: *
Disallow: /backoffice/
Disallow: /connexion
Disallow: /deconnexion
Disallow: /demandes
Disallow: /demarches/*/formulaire
Disallow: /langue
Disallow: /suivi
`;
