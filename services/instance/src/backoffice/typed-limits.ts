/** How much an agent may write in one field, as its `maxlength` says to browsers. */
export const LIMITS = {
  /** Words to the citizen, and notes. */
  text: 4_000,
  /** Why: it goes on in lists and in events to every entity concerned, where a sentence may hold 4,000. */
  reason: 2_000,
} as const;

type Say = (key: string, params: Record<string, string | number>) => string;

/** The error of a field that holds too much, if it does. */
export function tooLong(
  name: string,
  value: string,
  limit: number,
  say: Say,
): { name: string; message: string }[] {
  if (value.length <= limit) return [];
  return [{ name, message: say("backoffice.error.too-long", { limit, over: value.length - limit }) }];
}
