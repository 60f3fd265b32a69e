/** Letters as strokes on the square (13,14)–(33,35), so that a shield needs no font: in a mail, an icon, a PDF. */
const letters: Readonly<Record<string, string>> = {
  A: "M13 35 23 14 33 35M17 28h12",
  B: "M15 14v21M15 14h8a5 5 0 0 1 0 10h-8M23 24a5.5 5.5 0 0 1 0 11h-8",
  C: "M32 18a10.5 10.5 0 1 0 0 13",
  D: "M14 14v21h6a10.5 10.5 0 0 0 0-21z",
  E: "M31 14H16v21h15M16 24h12",
  F: "M31 14H16v21M16 24h12",
  G: "M32 18a10.5 10.5 0 1 0 1 8h-8",
  H: "M14 14v21M32 14v21M14 24h18",
  I: "M23 14v21",
  J: "M28 14v15a6.5 6.5 0 0 1-12 3",
  K: "M15 14v21M31 14 15 26M20 22l11 13",
  L: "M16 14v21h15",
  M: "M12 35V14l11 13 11-13v21",
  N: "M14 35V14l18 21V14",
  O: "M23 14a10.5 10.5 0 1 0 0 21 10.5 10.5 0 0 0 0-21z",
  P: "M15 35V14h9a6 6 0 0 1 0 12h-9",
  Q: "M23 14a10.5 10.5 0 1 0 0 21 10.5 10.5 0 0 0 0-21zM27 29l6 7",
  R: "M15 35V14h9a6 6 0 0 1 0 12h-9M23 26l8 9",
  S: "M30 17c-3-4-13-4-13 2 0 7 13 4 13 11 0 6-11 6-14 1",
  T: "M13 14h20M23 14v21",
  U: "M14 14v12a9 9 0 0 0 18 0V14",
  V: "M13 14l10 21 10-21",
  W: "M11 14l6 20 6-15 6 15 6-20",
  X: "M14 14l18 21M32 14 14 35",
  Y: "M13 14l10 11 10-11M23 25v10",
  Z: "M14 14h18L14 35h18",
};

const outlines = {
  shield: "M2 2h42v26c0 12-9 19-21 22C11 47 2 40 2 28z",
  square: "M14 3h18a12 12 0 0 1 12 12v20a12 12 0 0 1-12 12H14A12 12 0 0 1 2 35V15A12 12 0 0 1 14 3z",
} as const;

export interface Shield {
  /** One letter A–Z. */
  initial: string;
  /** CSS colours: hexadecimal or oklch(). */
  colour: string;
  onColour: string;
  /** Communes have a shield, the agglomeration a square: told apart without reading. */
  shape: "shield" | "square";
}

/**
 * The logo of an entity that has none: its initial in its colours. Colours are attributes, not styles,
 * so a strict Content-Security-Policy lets them through.
 */
export function shieldSvg({ initial, colour, onColour, shape }: Shield): string {
  const letter = letters[initial] ?? letters.I;
  return (
    `<svg class="logo" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 46 52" width="46" height="52" aria-hidden="true" focusable="false">` +
    `<path d="${outlines[shape]}" fill="${safeColour(colour)}"/>` +
    `<path d="${letter}" fill="none" stroke="${safeColour(onColour)}" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/></svg>`
  );
}

/** The letter of a name: its article doesn't count ("La Maxe" → M, "Ars-sur-Moselle" → A). */
export function initialOf(name: string): string {
  const plain = name.normalize("NFD").replace(/\p{M}/gu, "").toUpperCase();
  return (
    /[A-Z]/.exec(
      plain.replace(/^(LES|LE|LA|L['’])\s*(?=[A-Z])/, (found) => (/['’\s]$/.test(found) ? "" : found)),
    )?.[0] ?? "I"
  );
}

/** @throws Error on anything but a plain colour: the value comes from an entity's settings. */
export function safeColour(value: string): string {
  if (/^#[0-9a-f]{3,8}$/i.test(value) || /^oklch\([\d.%\s/]+\)$/i.test(value)) return value;
  throw new Error(`"${value}" is not a colour`);
}
