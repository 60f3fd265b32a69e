import { createHash } from "node:crypto";

// An index entry of PostgreSQL holds 2,704 bytes at most; a character takes up to 3 here (U+FFFD itself does).
const INDEXED = 500;

/**
 * Somebody else's text as PostgreSQL takes it, in an indexed column too: NUL and lone surrogates, which it refuses or changes,
 * are replaced (U+FFFD), and what is too long keeps its beginning and a hash of the whole, so that two never become one.
 */
export function storable(text: string, most = INDEXED): string {
  const clean = text.replaceAll("\0", "\uFFFD").toWellFormed();
  if (clean.length <= most) return clean;
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 32);
  return `${clean.slice(0, most - hash.length - 1).toWellFormed()}…${hash}`;
}
