import { type CalendarOptions, parisDay, parisTime, publicHolidays, weekday } from "@interco/kernel/calendar";

const DAYS = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"];
const RANGE = /(\d{1,2})\s*h\s*(\d{2})?\s*(?:–|—|-|à)\s*(\d{1,2})\s*h\s*(\d{2})?/g;

/**
 * Until when a desk is open, if it is open now: null when it is closed, on a public holiday, or when its hours are
 * written in a way this doesn't read ("Lundi à vendredi", "8 h 30 – 12 h, 13 h 30 – 17 h 30" are read).
 */
export function openUntil(
  hours: readonly { days: string; times: string }[],
  now: Date,
  calendar: CalendarOptions,
): Date | null {
  const today = parisDay(now);
  if (publicHolidays(Number(today.slice(0, 4)), calendar).has(today)) return null;
  for (const { days, times } of hours) {
    if (!daysOf(days).has(weekday(today))) continue;
    for (const [, fromHour, fromMinute, toHour, toMinute] of times.matchAll(RANGE)) {
      const from = parisTime(today, Number(fromHour), Number(fromMinute ?? 0));
      const to = parisTime(today, Number(toHour), Number(toMinute ?? 0));
      if (from <= now && now < to) return to;
    }
  }
  return null;
}

/** ISO weekdays of "lundi à vendredi", "mardi, jeudi et samedi", "tous les jours". */
function daysOf(words: string): Set<number> {
  const text = words.toLowerCase();
  if (/tous les jours/.test(text)) return new Set([1, 2, 3, 4, 5, 6, 7]);
  const found = new Set<number>();
  for (const part of text.split(/,|\bet\b/)) {
    const named = DAYS.flatMap((day, index) =>
      part.includes(day) ? [{ number: index + 1, at: part.indexOf(day) }] : [],
    )
      .sort((one, other) => one.at - other.at)
      .map(({ number }) => number);
    const [first, last] = named;
    if (first === undefined) continue;
    if (last === undefined || !/\b(à|au)\b|–|-/.test(part)) for (const day of named) found.add(day);
    else for (let day = first; day !== (last % 7) + 1; day = (day % 7) + 1) found.add(day);
  }
  return found;
}
