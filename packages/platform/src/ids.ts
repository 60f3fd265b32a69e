import { randomBytes } from "node:crypto";
import { v7 } from "uuid";

/** A UUIDv7 (RFC 9562 §5.7): sorts by time, so that inserts stay at the end of an index. */
export function newId(): string {
  return v7();
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
