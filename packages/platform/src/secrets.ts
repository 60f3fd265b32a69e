import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  timingSafeEqual,
} from "node:crypto";
import { freshRandom } from "./random.ts";

/**
 * A key for one purpose, derived from the service's master key (HKDF-SHA256, RFC 5869), so that
 * one leaked or rotated use says nothing of the others. Returns `length` bytes.
 */
export function deriveKey(masterBase64: string, purpose: string, length = 32): Buffer {
  const master = Buffer.from(masterBase64, "base64");
  if (master.length < 32) throw new Error("the master key must hold at least 32 bytes");
  return Buffer.from(hkdfSync("sha256", master, Buffer.alloc(0), `interco:${purpose}`, length));
}

/** AES-256-GCM with a random nonce; `context` is authenticated (a value sealed for one row can't be moved to another). */
export function seal(key: Buffer, plain: string, context: string): Buffer {
  const nonce = freshRandom(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(context));
  return Buffer.concat([nonce, cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()]);
}

/** Opens what `seal` made; throws if key, context or content differ. */
export function open(key: Buffer, sealed: Buffer, context: string): string {
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, 12)).setAAD(Buffer.from(context));
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString("utf8");
}

/** SHA-256 of a high-entropy token: what is stored of a session or form token, never the token. */
export function hashToken(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** HMAC-SHA256, for low-entropy values such as tracking codes. */
export function hmac(key: Buffer, value: string): Buffer {
  return createHmac("sha256", key).update(value).digest();
}

/** An unguessable URL-safe token of `bytes` random bytes (32: 256 bits). */
export function newToken(bytes = 32): string {
  return freshRandom(bytes).toString("base64url");
}

/** Compares two strings in constant time. */
export function sameSecret(a: string, b: string): boolean {
  const [x, y] = [hashToken(a), hashToken(b)];
  return timingSafeEqual(x, y);
}
