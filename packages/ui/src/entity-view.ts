import { initialOf } from "./shield.ts";

/** An entity as screens show it. Make it with `entityView`. */
export interface EntityView {
  /** "Woippy" */
  name: string;
  /** "Mairie de Woippy" */
  fullName: string;
  /** "Métropole"; the name where there is none. */
  shortName: string;
  /** "de Woippy", "d'Augny": never build it from the name. */
  liaison: string;
  /** Its site, null where it has none here. */
  href: string | null;
  /** An SVG of its own served from the page's origin; null gives the shield with its initial. */
  logoUrl: string | null;
  initial: string;
  colour: string;
  onColour: string;
  shape: "shield" | "square";
}

export interface EntityViewSource {
  kind: "agglomeration" | "commune" | "partner";
  name: string;
  fullName: string;
  liaison: string;
  shortName?: string | undefined;
  siteUrl: string | null;
  theme: { brand: string };
}

/** @param logoUrl where this origin serves the entity's logo, null when it has none. */
export function entityView(entity: EntityViewSource, logoUrl: string | null): EntityView {
  return {
    name: entity.name,
    fullName: entity.fullName,
    shortName: entity.shortName ?? entity.name,
    liaison: entity.liaison,
    href: entity.siteUrl,
    logoUrl,
    initial: initialOf(entity.shortName ?? entity.name),
    colour: entity.theme.brand,
    onColour: isLight(entity.theme.brand) ? "#17202b" : "#ffffff",
    shape: entity.kind === "agglomeration" ? "square" : "shield",
  };
}

/** A white stroke on it would have less than 3:1 (WCAG 2.1, 1.4.11): luminance above 0.3. */
function isLight(hex: string): boolean {
  const channel = (at: number): number => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5) > 0.3;
}
