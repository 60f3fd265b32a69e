import { asUnlikeLetters, drawLetters, UNLIKE_LETTERS } from "./unlike-letters.ts";

const LENGTH = 10;
const SHAPE = new RegExp(`^[${UNLIKE_LETTERS}]{${LENGTH}}$`);

/**
 * The secret of one request, for who has no account: 10 letters, 45 bits. Store only its HMAC, under the
 * entity's key, of the normalised form. `bytes`: 16 random ones.
 * @throws RangeError when there are too few bytes
 */
export function trackingCode(bytes: Uint8Array): string {
  return drawLetters(bytes, LENGTH);
}

/** The stored form of a code as people type it: any case, spaces, dashes, look-alikes. Undefined: not a code. */
export function normaliseTrackingCode(typed: string): string | undefined {
  if (typed.length > 60) return undefined;
  const code = asUnlikeLetters(typed.normalize("NFKC").replace(/[\s\p{Pd}._]/gu, ""));
  return SHAPE.test(code) ? code : undefined;
}

/** In two groups, to be read aloud or copied by hand: `7K3MP 9RTBC`. */
export function showTrackingCode(code: string): string {
  return `${code.slice(0, LENGTH / 2)} ${code.slice(LENGTH / 2)}`;
}
