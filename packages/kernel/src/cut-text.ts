/**
 * The beginning of a text, at most `length` UTF-16 units of it, never ending in half a character: PostgreSQL's jsonb refuses
 * a lone surrogate, and what is cut may end in an emoji.
 */
export function cutText(text: string, length: number): string {
  const cut = text.slice(0, length);
  return text.length > length && isHighSurrogate(cut.charCodeAt(cut.length - 1)) ? cut.slice(0, -1) : cut;
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdbff;
