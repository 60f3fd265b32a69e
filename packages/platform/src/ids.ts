import { randomBytes } from "node:crypto";
import { v7 } from "uuid";
import { freshRandom } from "./random.ts";

let last = { msecs: 0, seq: 0 };

/** A UUIDv7 (RFC 9562 §5.7): sorts by time, and within one millisecond by order of making, so that inserts stay at the end of an index. */
export function newId(): string {
  const random = freshRandom(16);
  const now = Date.now();
  // The counter begins anywhere in its lower half, and counts on while the clock stands still or goes back.
  if (now > last.msecs) last = { msecs: now, seq: random.readUInt32BE(6) >>> 1 };
  else last = { msecs: last.msecs, seq: last.seq + 1 };
  return v7({ random, ...last });
}

const ENTITY_ALPHABET = "abcdefghjkmnpqrstvwxyz0123456789";

/** An entity's id: opaque, for ever, safe as a NATS subject token and in PostgreSQL settings lists. */
export function newEntityId(): string {
  return Array.from(randomBytes(12), (byte) => ENTITY_ALPHABET[byte % 32]).join("");
}

/** True for what may be an entity's id; anything else never reaches a setting or a subject. */
export function isEntityId(value: string): boolean {
  return /^[a-z0-9]{12}$/.test(value);
}

/** Whether a text from an address can be one of our ids: PostgreSQL fails on anything else. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}
