import { asUnlikeLetters, drawLetters, UNLIKE_LETTERS } from "./unlike-letters.ts";

export interface RequestNumber {
  /** Permanent short code of the owning entity: says where the request lives. */
  shortCode: string;
  year: number;
  /** The number as it is stored and shown. */
  number: string;
}

const SHAPE = new RegExp(`^([A-Z0-9]{2,5})(20[0-9]{2})([${UNLIKE_LETTERS}]{7})$`);

/**
 * `<short code>-<year>-<7 letters>`, e.g. `WPY-2026-7K3MP9R`: 3.4 thousand million of them a year and entity, so
 * not worth guessing; the caller retries on the rare clash. `bytes`: 16 random ones.
 * @throws RangeError when there are too few bytes
 */
export function requestNumber(shortCode: string, year: number, bytes: Uint8Array): string {
  return `${shortCode}-${year}-${drawLetters(bytes, 7)}`;
}

/** Reads a number as people type it: any case, spaces, no dashes, a look-alike for another. */
export function parseRequestNumber(typed: string): RequestNumber | undefined {
  if (typed.length > 60) return undefined;
  const compact = typed
    .normalize("NFKC")
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, "");
  const match = SHAPE.exec(compact.slice(0, -7) + asUnlikeLetters(compact.slice(-7)));
  if (!match) return undefined;
  const [, shortCode = "", year = "", letters = ""] = match;
  return { shortCode, year: Number(year), number: `${shortCode}-${year}-${letters}` };
}
