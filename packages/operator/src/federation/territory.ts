import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Federation, FederationEntity, FederationPartner } from "@interco/contracts/federation";
import type { EntityContact, StartingContent, TerritoryEntity } from "@interco/contracts/instance-seed";
import { originOf } from "../state/addresses.ts";
import type { State } from "../state/state.ts";
import { defaultBrand, defaultLogo } from "./default-look.ts";
import type { OfficialAgglomeration, OfficialCommune } from "./official-data.ts";

/**
 * Every body of the territory as services see it: the agglomeration, each commune, with or without a site, and
 * the partners. Names come from official data unless the file says better.
 *
 * @param source folder the logos' paths start from.
 * @throws Error when a logo can't be read or is over 64 KB.
 */
export function territoryOf(
  federation: Federation,
  official: OfficialAgglomeration,
  state: State,
  source: string,
): TerritoryEntity[] {
  const line = (code: string) => federation.entities.find((entity) => entity.code === code);
  const base = (code: string) => {
    const known = state.entities[code];
    if (!known) throw new Error(`${code} has no identity`);
    const origin = originOf(state, code);
    return { id: known.id, code, shortCode: known.shortCode, siteUrl: origin ? `${origin}/` : null };
  };
  const agglomeration = line(federation.agglomeration);
  const name = agglomeration?.name ?? official.name;
  return [
    {
      ...base(federation.agglomeration),
      kind: "agglomeration",
      name,
      fullName: agglomeration?.fullName ?? name,
      ...(agglomeration?.shortName ? { shortName: agglomeration.shortName } : {}),
      liaison: agglomeration?.liaison ?? `de ${name}`,
      postalCodes: [],
      ...lookOf(federation.agglomeration, agglomeration, source),
      contact: contactOf(agglomeration?.contact),
    },
    ...official.communes.map((commune) => ({
      ...base(commune.code),
      ...communeOf(commune, line(commune.code), source),
    })),
    ...(federation.partners ?? []).map((partner) => ({ ...base(partner.code), ...partnerOf(partner) })),
  ];
}

type Described = Omit<TerritoryEntity, "id" | "code" | "shortCode" | "siteUrl">;

function communeOf(commune: OfficialCommune, line: FederationEntity | undefined, source: string): Described {
  const liaison = line?.liaison ?? commune.liaison;
  return {
    kind: "commune",
    name: line?.name ?? commune.name,
    fullName: line?.fullName ?? `Mairie ${liaison}`,
    ...(line?.shortName ? { shortName: line.shortName } : {}),
    liaison,
    postalCodes: commune.postalCodes,
    ...lookOf(commune.code, line, source),
    contact: contactOf(line?.contact, commune),
  };
}

function partnerOf(partner: FederationPartner): Described {
  return {
    kind: "partner",
    name: partner.name,
    fullName: partner.fullName ?? partner.name,
    liaison: partner.liaison ?? `de ${partner.name}`,
    postalCodes: [],
    theme: { brand: defaultBrand(partner.code), logoSvg: null },
    contact: contactOf(partner.contact),
  };
}

function lookOf(code: string, line: FederationEntity | undefined, source: string) {
  const brand = line?.brand?.toLowerCase() ?? defaultBrand(code);
  const logoSvg = line?.logo ? readLogo(join(source, line.logo)) : line ? defaultLogo(code, brand) : null;
  return {
    theme: { brand, logoSvg },
    ...(line?.mailSender ? { mailSender: line.mailSender } : {}),
    ...(line?.content ? { content: contentOf(line.content) } : {}),
  };
}

function contentOf(content: NonNullable<FederationEntity["content"]>): StartingContent {
  return { tagline: content.tagline, news: content.news ?? [], alert: content.alert ?? null };
}

function contactOf(contact: FederationEntity["contact"], commune?: OfficialCommune): EntityContact {
  return {
    phone: contact?.phone ?? null,
    email: contact?.email ?? (commune ? `mairie@${commune.code}.example` : null),
    address: contact?.address ?? null,
    postalCode: contact?.postalCode ?? commune?.postalCodes[0] ?? null,
    city: contact?.city ?? commune?.name ?? null,
    hours: contact?.hours ?? [],
  };
}

function readLogo(path: string): string {
  const svg = readFileSync(path, "utf8");
  if (Buffer.byteLength(svg) > 65_536)
    throw new Error(`${path} is over 64 KB: a logo's SVG must be lighter.`);
  return svg;
}
