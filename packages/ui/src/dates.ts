import { daysBetween, parisDay } from "@interco/kernel/calendar";
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
  const year = parisDay(date).slice(0, 4) !== parisDay(now).slice(0, 4);
  switch (style) {
    case "time":
      return timeInWords(date, lang);
    case "ago":
      return relativeInWords(date, now, lang);
    case "short":
      return dateInWords(date, lang, { year, weekday: false });
    case "near":
      return nearDay(date, lang, now) ?? dateInWords(date, lang, { year, weekday: false });
    case "day":
      return dateInWords(date, lang, { year });
    case "full":
      return dateTimeInWords(date, lang);
    case "moment":
      return dateTimeInWords(date, lang, { year });
    case "near-moment": {
      const near = nearDay(date, lang, now);
      if (!near) return dateTimeInWords(date, lang, { year });
      return `${near} ${lang === "fr" ? "à" : "at"} ${timeInWords(date, lang)}`;
    }
  }
}

const near: Record<Language, Readonly<Record<string, string>>> = {
  fr: { "0": "aujourd'hui", "-1": "hier", "1": "demain" },
  en: { "0": "today", "-1": "yesterday", "1": "tomorrow" },
};

function nearDay(date: Date, lang: Language, now: Date): string | undefined {
  return near[lang][String(daysBetween(parisDay(now), parisDay(date)))];
}
