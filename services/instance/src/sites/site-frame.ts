import type { EntityView } from "@interco/ui/entity-view";
import { entityView } from "@interco/ui/entity-view";
import type { SiteFrame } from "@interco/ui/frame";
import type { FastifyRequest } from "fastify";
import type { Deps } from "../deps.ts";
import { siteOf } from "../request-context.ts";
import type { Entity } from "./entity.ts";
import { onSite } from "./other-site.ts";
import { themeUrl } from "./theme.ts";

/** An entity as screens show it; its logo is served from the page's own origin. */
export function viewOf(entity: Entity): EntityView {
  const logoUrl = entity.logoSvg ? `/logos/${entity.id}.svg` : null;
  return entityView(
    { ...entity, shortName: entity.shortName ?? undefined, theme: { brand: entity.brand } },
    logoUrl,
  );
}

/** What surrounds every citizen's page of a site. */
export function siteFrame(
  deps: Deps,
  request: FastifyRequest,
  options: { csrf: string; from: string | null },
): SiteFrame {
  const { entity } = siteOf(request);
  const t = (key: string, params?: Record<string, string>) =>
    deps.renderer.translate(request.lang, key, params);
  const agglomeration = deps.territory.agglomeration;
  const from = options.from ? deps.territory.findById(options.from) : undefined;
  const path = request.url.split("?")[0] ?? "/";
  const other = request.lang === "fr" ? "en" : "fr";
  return {
    kind: "site",
    path,
    language: {
      code: other,
      label: other === "fr" ? "Français" : "English",
      href: `/langue?choix=${other}&retour=${encodeURIComponent(request.url)}`,
    },
    csrf: options.csrf,
    themeUrl: themeUrl(entity),
    entity: viewOf(entity),
    tagline:
      entity.kind === "agglomeration"
        ? t("sites.tagline.agglomeration")
        : t("sites.tagline.commune", { liaison: entity.liaison }),
    territory: {
      name: agglomeration.name,
      href: onSite(request, agglomeration.siteUrl ?? "/"),
      communes: deps.territory.communes.length,
    },
    from:
      from && from.id !== entity.id
        ? { ...viewOf(from), href: from.siteUrl && onSite(request, from.siteUrl) }
        : null,
    // Beside another entity's logo there is room for one link, and one thing to do.
    nav: [
      ...(from
        ? []
        : [
            { label: t("sites.nav.procedures"), href: "/demarches" },
            { label: t("sites.nav.follow"), href: "/suivi" },
          ]),
      { label: t("sites.nav.requests"), href: "/demandes" },
    ],
    visitor: request.session
      ? { name: request.session.claims.name, accountHref: `${deps.identity.issuer}/compte` }
      : null,
    signInHref: `/connexion?retour=${encodeURIComponent(request.url)}`,
  };
}
