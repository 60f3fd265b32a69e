import { type Day, daysBetween, parisDay } from "@interco/kernel/calendar";
import { dateInWords, dateTimeInWords, relativeInWords, timeInWords } from "@interco/kernel/words";
import type { Language } from "./messages.ts";

/**
 * - `day`: "lundi 3 mars" (with the year when it isn't this one)
 * - `moment`: "lundi 3 mars à 14 h 05"
 * - `short`: "3 mars"
 * - `near`: "aujourd'hui", "hier", "demain", else `short`
 * - `near-moment`: "aujourd'hui à 10 h 12", else `moment`
 * - `ago`: "il y a 5 minutes", "dans 3 jours"
 * - `time`: "14 h 05"
 * - `full`: "lundi 3 mars 2026 à 14 h 05" (letters, receipts)
 */
export const dateStyles = ["day", "moment", "short", "near", "near-moment", "ago", "time", "full"] as const;
export type DateStyle = (typeof dateStyles)[number];

/**
 * A date in words, in Paris time: an instant, or a bare day ("2026-11-20").
 * `now` decides whether the year shows and what "today" is.
 *
 * @throws RangeError when the value is no date.
 */
export function showDate(value: Date | string, style: DateStyle, lang: Language, now: Date): string {
  const bare = typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value);
  // Noon in UTC is the same day in Paris, so a bare day can't slip.
  const date = new Date(bare ? `${value}T12:00:00Z` : value);
  if (Number.isNaN(date.getTime())) throw new RangeError(`"${value}" is not a date`);
  const day = sayDay(parisDay(date), parisDay(now), lang);
  const at = () => `${lang === "fr" ? "à" : "at"} ${timeInWords(date, lang)}`;
  switch (style) {
    case "time":
      return timeInWords(date, lang);
    case "ago":
      return relativeInWords(date, now, lang);
    case "short":
      return day.short;
    case "near":
      return day.near ?? day.short;
    case "day":
      return day.long;
    case "full":
      return dateTimeInWords(date, lang);
    case "moment":
      return `${day.long} ${at()}`;
    case "near-moment":
      return `${day.near ?? day.long} ${at()}`;
  }
}

interface SaidDay {
  /** "lundi 3 mars", with the year when it isn't today's. */
  long: string;
  short: string;
  /** "hier" */
  near: string | undefined;
}

const said = new Map<string, SaidDay>();

/** A day in words. A list says the same few a hundred times. */
function sayDay(day: Day, today: Day, lang: Language): SaidDay {
  const key = `${lang} ${day} ${today}`;
  const known = said.get(key);
  if (known) return known;
  const year = day.slice(0, 4) !== today.slice(0, 4);
  const words = {
    long: dateInWords(day, lang, { year }),
    short: dateInWords(day, lang, { year, weekday: false }),
    near: near[lang][String(daysBetween(today, day))],
  };
  if (said.size >= 5_000) said.clear();
  said.set(key, words);
  return words;
}

const near: Record<Language, Readonly<Record<string, string>>> = {
  fr: { "0": "aujourd'hui", "-1": "hier", "1": "demain" },
  en: { "0": "today", "-1": "yesterday", "1": "tomorrow" },
};
