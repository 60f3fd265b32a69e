/**
 * Digits and capitals nobody takes for another: one of each look-alike pair is left out (0 O Q, 1 I L, 2 Z, 5 S,
 * 6 G, 8 B, U V), vowels too, so that no word can appear. 23 letters: 4.52 bits each.
 */
export const UNLIKE_LETTERS = "3479BCDFGHJKMNPRSTVWXYZ";

const MEANT: Record<string, string> = { 2: "Z", 5: "S", 6: "G", 8: "B", U: "V" };

/** What somebody meant when they typed a left-out twin: 8 for B, 5 for S, 2 for Z, 6 for G, U for V. */
export function asUnlikeLetters(typed: string): string {
  return typed.toUpperCase().replace(/[2568U]/g, (letter) => MEANT[letter] ?? letter);
}

/**
 * `length` letters drawn from random bytes, evenly to within 2⁻⁶⁴: at least `length × 5 + 64` bits are needed.
 * @throws RangeError when there are too few bytes
 */
export function drawLetters(bytes: Uint8Array, length: number): string {
  if (bytes.length * 8 < length * 5 + 64) {
    throw new RangeError(`${length} letters need ${Math.ceil(length * 0.625 + 8)} random bytes`);
  }
  let rest = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const base = BigInt(UNLIKE_LETTERS.length);
  let letters = "";
  for (let drawn = 0; drawn < length; drawn++) {
    letters += UNLIKE_LETTERS.charAt(Number(rest % base));
    rest /= base;
  }
  return letters;
}
