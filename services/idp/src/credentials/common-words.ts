import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
/** Leaked passwords by frequency, then French words and names. The files themselves: their modules would stay in memory as strings. */
const LISTS = [
  "@zxcvbn-ts/language-common/src/passwords.json",
  "@zxcvbn-ts/language-fr/src/commonWords.json",
  "@zxcvbn-ts/language-fr/src/wikipedia.json",
  "@zxcvbn-ts/language-fr/src/firstnames.json",
  "@zxcvbn-ts/language-fr/src/lastnames.json",
];
/** What everybody has read somewhere, and the lists lack. */
const WELL_KNOWN = [
  "correcthorsebatterystaple",
  "monmotdepasse",
  "nouveaumotdepasse",
  "changezmoi",
  "ilovemetz",
];

const PLAIN = /^[ -~]*$/;

let known: Float64Array | undefined;

/**
 * Whether a word, folded, is a leaked password or an everyday French word or name (ASVS 5, V6.2.4, V6.2.12), from lists on this
 * machine, kept as sorted 53-bit hashes, eight bytes a word.
 */
export function isCommonWord(word: string): boolean {
  const hashes = readCommonWords();
  const wanted = hashOf(word);
  let [low, high] = [0, hashes.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = hashes[middle] as number;
    if (found === wanted) return true;
    if (found < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}

/** Reads the lists, once: at the first question, or earlier by a service that wants nobody to wait for it (a tenth of a second). */
export function readCommonWords(): Float64Array {
  known ??= Float64Array.from(LISTS.flatMap(hashesOf).concat(WELL_KNOWN.map(hashOf))).sort();
  return known;
}

function hashesOf(list: string): number[] {
  const words = JSON.parse(readFileSync(require.resolve(list), "utf8")) as string[];
  // Shorter ones count for nothing in a password anyway.
  return words.filter((word) => word.length >= 4).map((word) => hashOf(fold(word)));
}

/** As words are compared: lower case, compatible forms made one, no accents. */
export function fold(text: string): string {
  // Most words are plain, and normalizing costs ten times the rest.
  if (PLAIN.test(text)) return text.toLowerCase();
  return text
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll("œ", "oe")
    .replaceAll("æ", "ae");
}

/** 53 bits in the manner of FNV-1a: one word in a hundred thousand million outside the lists would be taken for one inside. */
function hashOf(word: string): number {
  let [a, b] = [0x811c9dc5, 0x01000193];
  for (let n = 0; n < word.length; n++) {
    const code = word.charCodeAt(n);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x85ebca6b) ^ (b >>> 13);
  }
  return (a >>> 0) * 2 ** 21 + ((b ^ (b >>> 16)) >>> 11);
}
