import { createHmac } from "node:crypto";
import { freshRandom } from "./random.ts";

/** One code lasts so long (RFC 6238 §5.2). */
export const TOTP_SECONDS = 30;
export const TOTP_DIGITS = 6;

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** A secret for an authenticator program: 160 random bits (RFC 4226 §4), in base32. */
export function newTotpSecret(): string {
  return [...freshRandom(32)].map((byte) => ALPHABET[byte % 32]).join("");
}

/** Whether a text is a base32 secret of 128 bits or more (RFC 4226 §4, R6). */
export function isTotpSecret(text: string): boolean {
  return /^[A-Z2-7]{26,128}$/.test(text);
}

/** Which code is shown at a moment: the number of steps since 1970. */
export function totpStep(now = Date.now()): number {
  return Math.floor(now / 1000 / TOTP_SECONDS);
}

/** The code of one step: HOTP of its number (RFC 6238 §4.2, RFC 4226 §5.3), HMAC-SHA-1 as every program knows it. */
export function totpCode(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", fromBase32(secret)).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0xf;
  const code = (mac.readUInt32BE(offset) & 0x7fffffff) % 10 ** TOTP_DIGITS;
  return String(code).padStart(TOTP_DIGITS, "0");
}

/** Of the steps whose codes hold at a moment (the present one, one before, one after: clocks differ), the one of this code. */
export function totpStepOf(secret: string, code: string, now = Date.now()): number | undefined {
  const step = totpStep(now);
  return [step, step - 1, step + 1].find((one) => totpCode(secret, one) === code);
}

/** What the QR code holds: the address authenticator programs read (Key Uri Format). */
export function totpAddress(secret: string, issuer: string, account: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
  const said = new URLSearchParams({ secret, issuer });
  // Spaces as %20: some programs show a plus.
  return `otpauth://totp/${label}?${said.toString().replaceAll("+", "%20")}`;
}

function fromBase32(text: string): Buffer {
  const bits = [...text].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
