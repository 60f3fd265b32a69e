import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { deriveTheme } from "@interco/kernel/colours";
import { themeStylesheet } from "./theme-stylesheet.ts";

export interface Asset {
  /** Name in templates: `{{asset-url "interco.css"}}`. */
  name: string;
  /** Where to serve it: `/assets/interco.1a2b3c4d5e.css`. Its content never changes. */
  url: string;
  type: string;
  body: Buffer;
}

/** Send with every asset: its name holds the hash of its content. */
export const assetCacheControl = "public, max-age=31536000, immutable";

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".woff2": "font/woff2",
};

const here = import.meta.dirname;
const byName = new Map<string, Asset>();
const byUrl = new Map<string, Asset>();

function add(name: string, body: Buffer): void {
  const end = extname(name);
  const hash = createHash("sha256").update(body).digest("hex").slice(0, 10);
  const url = `/assets/${name.slice(0, -end.length)}.${hash}${end}`;
  const asset = { name, url, type: types[end] ?? "application/octet-stream", body };
  byName.set(name, asset);
  byUrl.set(url, asset);
}

// Fonts first: the stylesheet names them by their final address.
const fonts = join(
  dirname(createRequire(import.meta.url).resolve("@fontsource-variable/public-sans/package.json")),
  "files",
);
for (const subset of ["latin", "latin-ext"]) {
  add(`public-sans-${subset}.woff2`, readFileSync(join(fonts, `public-sans-${subset}-wght-normal.woff2`)));
}
for (const script of readdirSync(join(here, "scripts"))) {
  add(script, readFileSync(join(here, "scripts", script)));
}
// One stylesheet, its parts in the order of their names; layers make the order matter little.
// Without an entity's theme (the IdP, a plain error) every role is a neutral grey's.
const neutral = themeStylesheet(deriveTheme({ brand: "#363b44" }));
const parts = readdirSync(join(here, "css"))
  .sort()
  .map((part) => readFileSync(join(here, "css", part), "utf8"))
  .join("\n")
  .replace(/url\("asset:([^"]+)"\)/g, (_, name: string) => `url("${assetUrl(name)}")`);
add("interco.css", Buffer.from(neutral + parts));

/** All static files, held in memory (about 150 KB). */
export const assets: readonly Asset[] = [...byName.values()];

/** The file served at an address (`/assets/…`), undefined when there is none. */
export function findAsset(url: string): Asset | undefined {
  return byUrl.get(url);
}

/** The address of a file by its name. @throws Error when there is no such file. */
export function assetUrl(name: string): string {
  const asset = byName.get(name);
  if (!asset) throw new Error(`no asset is called "${name}"`);
  return asset.url;
}
