/** Colours of one scheme, as CSS values. */
export interface ThemeColours {
  /** Filled parts: buttons, the edge. */
  brand: string;
  onBrand: string;
  /** Brand-coloured text and links on paper. */
  brandInk: string;
  /** A faint ground for cards and the top of the page. */
  brandWash: string;
  /** Lines and borders of parts. */
  brandLine: string;
}

export interface Theme {
  light: ThemeColours;
  dark: ThemeColours;
}

/** The stylesheet of one entity, linked after `interco.css`: its roles for the light and the dark scheme. */
export function themeStylesheet(theme: Theme): string {
  return `:root{${roles(theme.light)}}\n@media screen and (prefers-color-scheme:dark){:root{${roles(theme.dark)}}}\n`;
}

const roles = (colours: ThemeColours): string =>
  Object.entries(colours)
    .map(
      ([role, value]) => `--${role.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}:${safe(value)}`,
    )
    .join(";");

/** The value comes from an entity's settings: nothing but a colour gets into a stylesheet. */
function safe(value: string): string {
  if (/^(#[0-9a-f]{3,8}|(oklch|rgb|color)\([\w\d.%\s/,-]+\))$/i.test(value)) return value;
  throw new Error(`"${value}" is not a colour`);
}
