import { networkOf } from "@interco/platform/network";

const BROWSERS = [
  ["edge", /\bEdg(?:e|A|iOS)?\//],
  ["opera", /\bOPR\/|\bOpera\b/],
  ["samsung", /\bSamsungBrowser\//],
  ["firefox", /\b(?:Firefox|FxiOS)\//],
  ["chrome", /(?:Chrome|Chromium|CriOS)\//],
  ["safari", /\bSafari\//],
] as const;
const SYSTEMS = [
  ["iphone", /\b(?:iPhone|iPod)\b/],
  ["ipad", /\biPad\b/],
  ["android", /\bAndroid\b/],
  ["windows", /\bWindows\b/],
  ["mac", /\bMacintosh\b/],
  ["chromebook", /\bCrOS\b/],
  ["linux", /\b(?:Linux|X11)\b/],
] as const;

/** What a person recognises a session by, and no more: neither version nor the text it was read from is kept. */
export interface Device {
  browser: (typeof BROWSERS)[number][0] | "other";
  system: (typeof SYSTEMS)[number][0] | "other";
}

/** A device from a `User-Agent` header (RFC 9110 §10.1.5), which is what its sender likes to say. */
export function deviceOf(userAgent = ""): Device {
  const find = <Name extends string>(known: readonly (readonly [Name, RegExp])[]) =>
    known.find(([, sign]) => sign.test(userAgent.slice(0, 500)))?.[0] ?? "other";
  return { browser: find(BROWSERS), system: find(SYSTEMS) };
}

/** The beginning of an address: what a provider has, not what a home has. "" for what is no address. */
export function coarseNetwork(address: string): string {
  const network = networkOf(address);
  if (/^\d+\.\d+\.\d+\.\d+$/.test(network)) return network.split(".").slice(0, 2).join(".");
  return network.includes(":") ? network.split(":").slice(0, 2).join(":") : "";
}
