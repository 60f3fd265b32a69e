import type { Palette, Theme } from "@interco/kernel/colours";

/**
 * The stylesheet of one entity, linked after `interco.css`: every colour role for the light and the dark
 * scheme, as `deriveTheme` computed them. Printing always takes the light ones.
 */
export function themeStylesheet(theme: Theme): string {
  return [
    `:root{${roles(theme.light)}}`,
    `@media screen and (prefers-color-scheme:dark){:root{${roles(theme.dark)}}}`,
    "",
  ].join("\n");
}

const roles = (palette: Palette): string =>
  Object.entries(palette)
    .map(([role, value]) => `--${role}:${hexadecimal(value)}`)
    .join(";");

/** A brand comes from an entity's settings: nothing but a colour gets into a stylesheet. */
function hexadecimal(value: string): string {
  if (/^#[0-9a-f]{6}$/i.test(value)) return value;
  throw new Error(`"${value}" is not a colour`);
}
