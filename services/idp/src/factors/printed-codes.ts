import { randomInt } from "node:crypto";
import { hmac } from "@interco/platform/secrets";

export const PRINTED_CODES = 10;
/** No look-alikes; no code is made of figures only, which would be an authenticator program's. */
const LETTERS = "abcdefghjkmnpqrstuvwxyz";
const SIGNS = `${LETTERS}23456789`;
const LENGTH = 10;

/** Ten codes of some 49 bits: one guess in 10^14, of those a throttle lets through. */
export function newPrintedCodes(): string[] {
  const codes = new Set<string>();
  while (codes.size < PRINTED_CODES) {
    const rest = Array.from({ length: LENGTH - 1 }, () => SIGNS[randomInt(SIGNS.length)]).join("");
    codes.add(`${LETTERS[randomInt(LETTERS.length)]}${rest}`);
  }
  return [...codes];
}

/** As it is printed: in two groups. */
export function shownCode(code: string): string {
  return `${code.slice(0, 5)} ${code.slice(5)}`;
}

/** A code as it was typed, without its spaces and dashes; undefined where it can't be one. */
export function typedCode(text: string): { program: string } | { printed: string } | undefined {
  const typed = text
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[\s\-–.]/g, "");
  if (/^\d{6}$/.test(typed)) return { program: typed };
  return typed.length === LENGTH && [...typed].every((sign) => SIGNS.includes(sign))
    ? { printed: typed }
    : undefined;
}

/** What is stored: nobody who reads the table can type one. */
export function printedCodeHash(key: Buffer, accountId: string, code: string): Buffer {
  return hmac(key, `${accountId}:${code}`);
}
