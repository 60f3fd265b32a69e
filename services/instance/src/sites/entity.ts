import type { EntityContact } from "@interco/contracts/instance-seed";

/** A public body of the territory or a partner, as this instance knows it. */
export interface Entity {
  id: string;
  code: string;
  kind: "agglomeration" | "commune" | "partner";
  name: string;
  fullName: string;
  shortName: string | null;
  liaison: string;
  shortCode: string;
  siteUrl: string | null;
  postalCodes: string[];
  brand: string;
  logoSvg: string | null;
  contact: EntityContact;
  mailSender: string | null;
  hosted: boolean;
}

/** What a tag says of an entity: "Métropole" for the agglomeration, the name for a commune. */
export function shortNameOf(entity: Entity): string {
  return entity.shortName ?? entity.name;
}
