import { normaliseTrackingCode, trackingCode } from "@interco/kernel/tracking-code";
import { freshRandom } from "@interco/platform/random";
import { deriveKey, hmac, open, seal } from "@interco/platform/secrets";

/** A new tracking code and what is stored of it: its HMAC under the owner entity's key, which moves with the entity. */
export function newTracking(entityKey: string): { code: string; stored: Buffer } {
  const code = trackingCode(freshRandom(16));
  return { code, stored: hmac(Buffer.from(entityKey, "base64"), code) };
}

/** What a typed code would be stored as; undefined when it can't be one. */
export function storedTracking(entityKey: string, typed: string): Buffer | undefined {
  const code = normaliseTrackingCode(typed);
  return code ? hmac(Buffer.from(entityKey, "base64"), code) : undefined;
}

/** A tracking code for the mail that gives it, as it may wait in a queue: readable with the entity's key and for this request only. */
export function sealTracking(entityKey: string, code: string, requestId: string): string {
  return seal(mailKeyOf(entityKey), code, requestId).toString("base64");
}

export function openTracking(entityKey: string, sealed: string, requestId: string): string {
  return open(mailKeyOf(entityKey), Buffer.from(sealed, "base64"), requestId);
}

const mailKeys = new Map<string, Buffer>();

/** Derived once for each hosted entity. */
function mailKeyOf(entityKey: string): Buffer {
  const key = mailKeys.get(entityKey) ?? deriveKey(entityKey, "tracking-mail");
  mailKeys.set(entityKey, key);
  return key;
}

/** A tracking code for the page that confirms a submission: only the draft's token opens it. */
export function sealForDraft(draftToken: string, code: string, requestId: string): Buffer {
  return seal(draftKeyOf(draftToken), code, requestId);
}

export function openForDraft(draftToken: string, sealed: Buffer, requestId: string): string {
  return open(draftKeyOf(draftToken), sealed, requestId);
}

/** A token is 256 random bits: one HMAC of it is a key, and what is stored of the token (another hash) says nothing of it. */
function draftKeyOf(draftToken: string): Buffer {
  return hmac(Buffer.from(draftToken), "interco:draft-confirmation");
}
