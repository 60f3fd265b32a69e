import { deriveTheme } from "@interco/kernel/colours";
import { expect, test } from "vitest";
import { assets, assetUrl, findAsset } from "./assets.ts";
import { themeStylesheet } from "./theme-stylesheet.ts";

const stylesheet = () => findAsset(assetUrl("interco.css"))?.body.toString() ?? "";

test("every file is found at an address that holds its hash", () => {
  for (const asset of assets) {
    expect(asset.url).toMatch(/^\/assets\/[\w-]+\.[0-9a-f]{10}\.\w+$/);
    expect(findAsset(asset.url)).toBe(asset);
  }
  expect(findAsset("/assets/../package.json")).toBeUndefined();
  expect(() => assetUrl("nothing.css")).toThrow();
});

test("the stylesheet asks for nothing that isn't served", () => {
  const asked = [...stylesheet().matchAll(/url\("([^"]+)"\)/g)].map(([, url]) => url);
  expect(asked).toHaveLength(2);
  for (const url of asked) expect(findAsset(url ?? "")).toBeDefined();
});

test("every variable the stylesheet uses is a token or a role of the theme", () => {
  const css = stylesheet();
  const defined = new Set([...css.matchAll(/(--[\w-]+)\s*:/g)].map(([, name]) => name));
  const used = new Set([...css.matchAll(/var\((--[\w-]+)/g)].map(([, name]) => name));
  expect([...used].filter((name) => !defined.has(name))).toEqual([]);
});

test("a theme's stylesheet holds colours only", () => {
  const theme = deriveTheme({ brand: "#006d4b" });
  expect(themeStylesheet(theme)).toContain("--brand:#006d4b");
  const forged = { ...theme, light: { ...theme.light, brand: "red;} body{display:none" } };
  expect(() => themeStylesheet(forged)).toThrow("is not a colour");
});
