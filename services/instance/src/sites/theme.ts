import { createHash } from "node:crypto";
import { deriveTheme } from "@interco/kernel/colours";
import { themeStylesheet } from "@interco/ui/theme-stylesheet";
import type { Entity } from "./entity.ts";

const sheets = new Map<string, { css: string; hash: string }>();

/** The stylesheet of an entity's colours, every role derived from its brand (WCAG AA by computation). */
export function themeOf(entity: Entity): { css: string; hash: string } {
  const known = sheets.get(entity.brand);
  if (known) return known;
  const css = themeStylesheet(deriveTheme({ brand: entity.brand }));
  const sheet = { css, hash: createHash("sha256").update(css).digest("hex").slice(0, 10) };
  sheets.set(entity.brand, sheet);
  return sheet;
}

/** Where a page links its entity's colours; the hash makes it cacheable for ever. */
export function themeUrl(entity: Entity): string {
  return `/theme/${entity.id}.${themeOf(entity).hash}.css`;
}
