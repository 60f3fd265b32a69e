import { parseRequestNumber } from "@interco/kernel/request-number";

export type NumberSearch =
  | { kind: "exact"; numbers: string[] }
  | { kind: "start"; start: string }
  | { kind: "none" };

/**
 * Whether what was typed is a request's number: whole, its last seven characters as read on the phone (tried with the short
 * codes given and the last years; a word may look like that too), or its beginning.
 */
export function readNumber(typed: string, shortCodes: readonly string[], year: number): NumberSearch {
  const whole = parseRequestNumber(typed);
  if (whole) return { kind: "exact", numbers: [whole.number] };
  const compact = typed.trim().toUpperCase();
  if (/^[A-Z0-9]{7}$/.test(compact)) {
    const years = [0, 1, 2, 3, 4].map((back) => year - back);
    const numbers = shortCodes.flatMap((code) =>
      years.flatMap((one) => parseRequestNumber(`${code}-${one}-${compact}`)?.number ?? []),
    );
    return { kind: "exact", numbers };
  }
  return /^[A-Z0-9]{2,5}-\d{4}(-[A-Z0-9]{0,6})?$/.test(compact)
    ? { kind: "start", start: compact }
    : { kind: "none" };
}
