/** Colours for an entity that chose none; all keep 4.5:1 with white. */
const brands = ["#1f4e79", "#6a1b4d", "#1d5c3f", "#7a3b00", "#4a3f8f", "#8a1c2b", "#0b5563", "#5a5410"];

/** What a logo shows on its shield until the entity brings its own: hills, a bridge, a star, waves, a leaf, a tower. */
const emblems = [
  '<path fill="#fff" d="M12 44l12-18 8 10 6-8 14 16z"/>',
  '<path fill="#fff" d="M12 44V30c6-10 34-10 40 0v14h-6v-6a6 6 0 0 0-10 0v6h-8v-6a6 6 0 0 0-10 0v6z"/>',
  '<path fill="#fff" d="M32 13l5 13 14 1-11 9 4 13-12-7-12 7 4-13-11-9 14-1z"/>',
  '<path fill="none" stroke="#fff" stroke-width="5" stroke-linecap="round" d="M15 25c6-6 11-6 17 0s11 6 17 0M15 38c6-6 11-6 17 0s11 6 17 0"/>',
  '<path fill="#fff" d="M46 14C24 14 16 26 18 40l-4 8 4 2 4-8c16 2 24-8 24-28z"/>',
  '<path fill="#fff" d="M22 46V22h-4v-8h5v4h4v-4h10v4h4v-4h5v8h-4v24h-6v-8a4 4 0 0 0-8 0v8z"/>',
];

/** A brand colour drawn from the code: always the same for the same entity. */
export function defaultBrand(code: string): string {
  return pick(brands, code, 1);
}

/** A shield in the entity's colour; drawn here, belongs to nobody. */
export function defaultLogo(code: string, brand: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64"><path fill="${brand}" d="M6 5h52v28c0 14-11 22-26 27C17 55 6 47 6 33z"/>${pick(emblems, code, 7)}</svg>`;
}

function pick(list: string[], code: string, salt: number): string {
  let hash = salt;
  for (const character of code) hash = (hash * 31 + character.charCodeAt(0)) % 65_521;
  return list[hash % list.length] ?? "";
}
