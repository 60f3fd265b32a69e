import { clampChroma, formatHex, type Oklch, oklch, parse, wcagContrast } from "culori";

/** A colour role; `brand-ink` is the CSS variable `--brand-ink`. */
export const ROLES = [
  "paper",
  "wash",
  "raised",
  "ink",
  "ink-2",
  "line",
  "control",
  "brand",
  "brand-hover",
  "on-brand",
  "brand-ink",
  "brand-wash",
  "brand-line",
  "accent-ink",
  "accent-wash",
  "band",
  "on-band",
  "focus",
  "ok",
  "ok-wash",
  "warn",
  "warn-wash",
  "danger",
  "danger-wash",
  "info",
  "info-wash",
] as const;
export type Role = (typeof ROLES)[number];
export type Palette = Record<Role, string>;
export interface Theme {
  light: Palette;
  dark: Palette;
}

const TEXT = 4.5;
const PART = 3;
const SURFACES = ["paper", "wash", "raised"] as const;
const on = (front: Role, backs: readonly Role[], ratio: number) =>
  backs.map((back) => ({ front, back, ratio }));

/**
 * What every theme promises, whatever the brand (WCAG 2.1: 1.4.3 for text, 1.4.11 for parts; RGAA 3.2 and 3.3).
 * `brand` fills buttons and edges and carries `on-brand`; `brand-ink` is brand-coloured text; `line` and
 * `brand-line` are decoration, `control` is what a field's border needs.
 */
export const CONTRASTS: readonly { front: Role; back: Role; ratio: number }[] = [
  ...on(
    "ink",
    [...SURFACES, "brand-wash", "accent-wash", "ok-wash", "warn-wash", "danger-wash", "info-wash"],
    7,
  ),
  ...on("ink-2", [...SURFACES, "brand-wash"], TEXT),
  ...on("brand-ink", [...SURFACES, "brand-wash"], TEXT),
  ...on("accent-ink", [...SURFACES, "accent-wash"], TEXT),
  ...on("brand", SURFACES, PART),
  ...on("on-brand", ["brand", "brand-hover"], TEXT),
  ...on("on-band", ["band"], 7),
  ...on("control", SURFACES, PART),
  ...on("focus", [...SURFACES, "brand-wash"], PART),
  ...(["ok", "warn", "danger", "info"] as const).flatMap((role) =>
    on(role, [...SURFACES, `${role}-wash`], TEXT),
  ),
];

/** Contrast of two CSS colours, 1 to 21 (WCAG 2.1). */
export function contrast(one: string, other: string): number {
  return wcagContrast(one, other);
}

/** A CSS hex of an OKLCH colour, its chroma lowered until the screen can show it. */
function hex(l: number, c: number, h: number): string {
  return formatHex(clampChroma({ mode: "oklch", l, c, h }, "oklch"));
}

/**
 * The colour nearest to lightness `l` that reaches `ratio` on every back, going darker or lighter. Rounding to
 * hex is inside the test, so the promise holds for what the browser gets.
 */
function reach(
  l: number,
  c: number,
  h: number,
  backs: readonly string[],
  ratio: number,
  darker: boolean,
): string {
  const enough = (colour: string) => backs.every((back) => wcagContrast(colour, back) >= ratio);
  for (let step = 0; step <= 100; step++) {
    const tried = darker ? l - step / 100 : l + step / 100;
    if (tried <= 0 || tried >= 1) break;
    const colour = hex(tried, c, h);
    if (enough(colour)) return colour;
  }
  return darker ? "#000000" : "#ffffff";
}

const SIGNALS = {
  ok: { c: 0.11, h: 155 },
  warn: { c: 0.11, h: 65 },
  danger: { c: 0.18, h: 27 },
  info: { c: 0.13, h: 255 },
} as const;

function palette(brand: Oklch, accent: Oklch, dark: boolean): Palette {
  const hue = brand.h ?? 260;
  const { c } = brand;
  const accentHue = accent.h ?? 260;
  const paper = dark ? hex(0.19, 0.012, 260) : "#ffffff";
  const wash = dark ? hex(0.225, 0.014, 260) : hex(0.975, 0.004, 260);
  const raised = dark ? hex(0.25, 0.014, 260) : "#ffffff";
  const surfaces = [paper, wash, raised];
  const tint = (of: { c: number; h: number }) =>
    dark ? hex(0.265, Math.min(of.c, 0.035), of.h) : hex(0.965, Math.min(of.c, 0.022), of.h);
  const brandWash = tint({ c, h: hue });
  const accentWash = tint({ c: accent.c, h: accentHue });
  const washes = Object.fromEntries(
    Object.entries(SIGNALS).map(([role, signal]) => [`${role}-wash`, tint(signal)]),
  ) as Record<`${keyof typeof SIGNALS}-wash`, string>;
  const tinted = [...surfaces, brandWash];
  const text = (l: number, chroma: number, h: number, backs: readonly string[], ratio: number = TEXT) =>
    reach(l, chroma, h, backs, ratio, !dark);

  const fill = reach(brand.l, c, hue, surfaces, PART, !dark);
  const white = wcagContrast("#ffffff", fill) >= TEXT;
  const onBrand = white ? "#ffffff" : "#000000";
  return {
    paper,
    wash,
    raised,
    ink: text(dark ? 0.95 : 0.24, 0.02, 260, [...tinted, accentWash, ...Object.values(washes)], 7),
    "ink-2": text(dark ? 0.76 : 0.44, 0.02, 260, tinted),
    line: dark ? hex(0.34, 0.012, 260) : hex(0.88, 0.008, 260),
    control: text(0.6, 0.012, 260, surfaces, PART),
    brand: fill,
    "brand-hover": reach((oklch(fill)?.l ?? 0.5) + (white ? -0.05 : 0.05), c, hue, [onBrand], TEXT, white),
    "on-brand": onBrand,
    "brand-ink": text(dark ? 0.8 : 0.36, c * 0.9, hue, tinted),
    "brand-wash": brandWash,
    "brand-line": dark ? hex(0.42, Math.min(c, 0.06), hue) : hex(0.86, Math.min(c, 0.05), hue),
    "accent-ink": text(dark ? 0.8 : 0.4, accent.c * 0.9, accentHue, [...surfaces, accentWash]),
    "accent-wash": accentWash,
    band: dark ? hex(0.13, 0.012, 260) : hex(0.24, 0.02, 260),
    "on-band": "#ffffff",
    focus: text(dark ? 0.78 : 0.55, dark ? 0.14 : 0.22, 262, tinted, PART),
    ...washes,
    ok: text(dark ? 0.8 : 0.46, SIGNALS.ok.c, SIGNALS.ok.h, [...surfaces, washes["ok-wash"]]),
    warn: text(dark ? 0.82 : 0.48, SIGNALS.warn.c, SIGNALS.warn.h, [...surfaces, washes["warn-wash"]]),
    danger: text(dark ? 0.76 : 0.48, SIGNALS.danger.c, SIGNALS.danger.h, [
      ...surfaces,
      washes["danger-wash"],
    ]),
    info: text(dark ? 0.8 : 0.45, SIGNALS.info.c, SIGNALS.info.h, [...surfaces, washes["info-wash"]]),
  };
}

const derived = new Map<string, Theme>();

/**
 * Every colour of a site from one or two brand colours, in OKLCH, light and dark, keeping every promise of
 * `CONTRASTS`. Values are CSS hex. The same colours give the same object.
 * @throws RangeError when a colour isn't one CSS knows
 */
export function deriveTheme(colours: { brand: string; accent?: string | undefined }): Theme {
  const key = `${colours.brand} ${colours.accent ?? ""}`;
  const found = derived.get(key);
  if (found) return found;
  const brand = read(colours.brand);
  const accent = colours.accent ? read(colours.accent) : brand;
  const theme = { light: palette(brand, accent, false), dark: palette(brand, accent, true) };
  if (derived.size < 1000) derived.set(key, theme);
  return theme;
}

function read(colour: string): Oklch {
  const parsed = parse(colour);
  const converted = parsed && oklch(parsed);
  if (!converted) throw new RangeError(`not a colour: ${colour}`);
  return converted;
}
