import type { Federation, FederationAccount, FederationEntity } from "@interco/contracts/federation";
import { defaultBrand } from "./default-look.ts";
import type { OfficialCommune } from "./official-data.ts";
import { proposeShortCode, proposeSlug } from "./short-codes.ts";

/**
 * The line of a commune that gets its site: everything official, the rest neutral until its administrators make
 * it theirs. `shortCode` is the one it already has as a commune without a site.
 */
export function newcomer(
  commune: OfficialCommune,
  taken: { slugs: ReadonlySet<string>; shortCodes: ReadonlySet<string> },
  shortCode?: string,
): FederationEntity {
  const slug = proposeSlug(commune.name, taken.slugs);
  const domain = `${slug}.example`;
  return {
    code: commune.code,
    slug,
    shortCode: shortCode ?? proposeShortCode(commune.name, taken.shortCodes),
    brand: defaultBrand(commune.code),
    mailSender: `ne-pas-repondre@${domain}`,
    contact: {
      phone: "03 00 00 00 99",
      email: `mairie@${domain}`,
      address: "1 place de l’Exemple",
      ...(commune.postalCodes[0] ? { postalCode: commune.postalCodes[0] } : {}),
      city: commune.name,
      hours: [{ days: "Lundi à vendredi", times: "9 h – 12 h, 14 h – 17 h" }],
    },
    content: { tagline: "Votre mairie en ligne" },
    teams: [
      { code: "technique", name: "Services techniques", email: `technique@${domain}` },
      { code: "accueil", name: "Accueil", email: `accueil@${domain}` },
    ],
  };
}

/** The first account of a new site: its administrator, who invites the others. */
export function firstAdministrator(entity: FederationEntity, commune: OfficialCommune): FederationAccount {
  return {
    role: "admin",
    entity: entity.code,
    email: `administration@${entity.slug}.example`,
    givenName: "Administration",
    familyName: commune.name,
    teams: ["accueil"],
    authorised: true,
  };
}

/** Host names and short codes nobody else may take. */
export function takenNames(federation: Federation): { slugs: Set<string>; shortCodes: Set<string> } {
  const bodies = [...federation.entities, ...(federation.partners ?? [])];
  return {
    slugs: new Set([...federation.entities.map((entity) => entity.slug), federation.idp.slug]),
    shortCodes: new Set(bodies.map((entity) => entity.shortCode)),
  };
}
