import { join } from "node:path";
import { createRenderer } from "../../src/renderer.ts";
import { frameOf, now, type SiteName, sample } from "./sample.ts";

const renderer = createRenderer({ screens: [join(import.meta.dirname, "screens")], catalogues: [] });

export const screens = renderer.screens
  .filter((name) => name.startsWith("gallery/"))
  .map((name) => name.slice("gallery/".length));

/** The HTML of a sample screen on one of the three sites. */
export function sampleScreen(screen: string, site: SiteName): string {
  return renderer.render(`gallery/${screen}`, sample, { lang: "fr", now, frame: frameOf(screen, site) });
}
