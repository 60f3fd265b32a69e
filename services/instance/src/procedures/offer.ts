import type { Deps } from "../deps.ts";
import { type Entity, shortNameOf } from "../sites/entity.ts";
import { knownIcon } from "../sites/known-icon.ts";
import { type CatalogueProcedure, listCatalogue } from "./catalogue-repository.ts";
import { inLanguage } from "./in-language.ts";
import type { OfferedProcedure } from "./procedure-library.ts";

/** A procedure as a portal lists it: the entity's own, or one of the agglomeration's, which runs there. */
export interface Offer {
  slug: string;
  title: string;
  summary: string;
  icon: string;
  kind: "local" | "intercommunal" | "shared";
  /** Where it starts: a path here, or an address on the agglomeration's site. */
  href: string;
  /** Whose it is, in one or two names. */
  tag: string;
  /** What a search looks in, besides the title. */
  words: string;
}

type Language = "fr" | "en";

/** What one can ask for on a site: the report of a problem first, then the entity's own, then the agglomeration's. */
export async function listOffers(deps: Deps, entity: Entity, lang: Language): Promise<Offer[]> {
  const agglomeration = deps.territory.agglomeration;
  const own = await deps.procedures.list(entity.id);
  const others = entity.id === agglomeration.id ? [] : await listCatalogue(deps.db);
  const offers = [
    ...own.map((procedure) => ownOffer(deps, procedure, entity, lang)),
    ...others.map((procedure) => catalogueOffer(deps, procedure, entity, lang)),
  ];
  return [
    ...offers.filter(({ kind }) => kind === "shared"),
    ...offers.filter(({ kind }) => kind !== "shared"),
  ];
}

/** One of the agglomeration's procedures on a commune's site; undefined when there is no such one. */
export async function findCatalogueOffer(
  deps: Deps,
  entity: Entity,
  slug: string,
  lang: Language,
): Promise<Offer | undefined> {
  if (entity.id === deps.territory.agglomeration.id) return undefined;
  const found = (await listCatalogue(deps.db)).find((procedure) => procedure.slug === slug);
  return found && catalogueOffer(deps, found, entity, lang);
}

function ownOffer(deps: Deps, { slug, definition }: OfferedProcedure, entity: Entity, lang: Language): Offer {
  return {
    slug,
    title: inLanguage(definition.title, lang),
    summary: inLanguage(definition.summary, lang),
    icon: knownIcon(definition.icon),
    kind: definition.kind,
    href: `/demarches/${slug}`,
    tag: tagOf(deps, definition.kind, entity, lang),
    words: [definition.summary[lang], ...(definition.keywords?.[lang] ?? [])].join(" "),
  };
}

function catalogueOffer(deps: Deps, procedure: CatalogueProcedure, entity: Entity, lang: Language): Offer {
  return {
    slug: procedure.slug,
    title: inLanguage(procedure.title, lang),
    summary: inLanguage(procedure.summary, lang),
    icon: knownIcon(procedure.icon),
    kind: procedure.kind,
    href: `${procedure.url}?commune=${entity.code}`,
    tag: tagOf(deps, procedure.kind, entity, lang),
    words: `${procedure.summary[lang]} ${procedure.keywords}`,
  };
}

/** "Woippy", "Métropole", or "Woippy ou Métropole" where dispatch decides. */
function tagOf(deps: Deps, kind: Offer["kind"], entity: Entity, lang: Language): string {
  const agglomeration = shortNameOf(deps.territory.agglomeration);
  if (kind === "local") return shortNameOf(entity);
  if (kind === "intercommunal") return agglomeration;
  const commune =
    entity.kind === "commune" ? entity.name : deps.renderer.translate(lang, "procedures.tag.commune");
  return deps.renderer.translate(lang, "procedures.tag.either", { commune, agglomeration });
}
