/**
 * At most `limit` UTF-16 units of a text, never half of a character: an emoji holds two units, and PostgreSQL refuses
 * in `jsonb` the lone one that a plain `slice` may leave.
 */
export function cutText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const last = text.charCodeAt(limit - 1);
  const splits = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splits ? limit - 1 : limit);
}
