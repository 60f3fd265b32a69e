import type { Language } from "@interco/contracts/procedure";
import { type Day, daysBetween, parisDay, weekday as weekdayOf } from "./calendar.ts";

const NBSP = "\u00a0";
const zone = { timeZone: "Europe/Paris" } as const;
/** Names read from Intl once: a list shows a hundred dates. 1 January 2024 was a Monday. */
const namesOf = (locale: string) => {
  const name = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" });
  const weekday = name({ weekday: "long" });
  const month = name({ month: "long" });
  return {
    weekdays: Array.from({ length: 7 }, (_, index) => weekday.format(Date.UTC(2024, 0, 1 + index))),
    months: Array.from({ length: 12 }, (_, index) => month.format(Date.UTC(2024, index, 1))),
  };
};
const names = { fr: namesOf("fr-FR"), en: namesOf("en-GB") };
const clock = new Intl.DateTimeFormat("en-GB", {
  ...zone,
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

/** Noon in Paris is the same day there and in UTC, so a bare day can't slip. */
const instantOf = (when: Date | Day): Date => (when instanceof Date ? when : new Date(`${when}T12:00:00Z`));

export interface DateStyle {
  /** Where the year goes without saying. */
  year?: boolean;
  weekday?: boolean;
}

/** `lundi 1er mars 2027`, `Monday 1 March 2027`: the day in Paris. */
export function dateInWords(when: Date | Day, lang: Language, style: DateStyle = {}): string {
  const day = parisDay(instantOf(when));
  const [year = "", month = "", date = ""] = day.split("-");
  const number = Number(date);
  const { weekdays, months } = names[lang];
  const parts = [lang === "fr" && number === 1 ? "1er" : String(number), months[Number(month) - 1] ?? ""];
  if (style.weekday !== false) parts.unshift(weekdays[weekdayOf(day) - 1] ?? "");
  if (style.year !== false) parts.push(year);
  return parts.join(" ");
}

/** `14 h 05`, `14:05`, in Paris. The French spaces don't break. */
export function timeInWords(when: Date, lang: Language): string {
  const [hour = "", minute = ""] = clock.format(when).split(":");
  return lang === "fr" ? `${Number(hour)}${NBSP}h${NBSP}${minute}` : `${hour}:${minute}`;
}

/** `lundi 3 mars 2027 à 14 h 05`, `Monday 3 March 2027 at 14:05`. */
export function dateTimeInWords(when: Date, lang: Language, style?: DateStyle): string {
  return `${dateInWords(when, lang, style)} ${lang === "fr" ? "à" : "at"} ${timeInWords(when, lang)}`;
}

/** `5 jours`, `1 jour ouvré`, `3 working days`. */
export function daysInWords(count: number, lang: Language, unit: "days" | "working-days" = "days"): string {
  const many = lang === "fr" ? count >= 2 : count !== 1;
  if (lang === "en") return `${count}${NBSP}${unit === "days" ? "" : "working "}day${many ? "s" : ""}`;
  return `${count}${NBSP}jour${many ? "s" : ""}${unit === "days" ? "" : many ? " ouvrés" : " ouvré"}`;
}

/**
 * How long ago, or in how long, by days of the calendar in Paris and never "24 hours ago" for this morning:
 * `il y a 5 minutes`, `hier`, `dans 3 jours`, `in 2 months`.
 */
export function relativeInWords(when: Date, now: Date, lang: Language): string {
  const say = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
  const days = daysBetween(parisDay(now), parisDay(when));
  const minutes = Math.round((when.getTime() - now.getTime()) / 60_000);
  if (days === 0 && minutes === 0) return lang === "fr" ? "à l’instant" : "just now";
  if (days === 0 && Math.abs(minutes) < 60) return say.format(minutes, "minute");
  if (days === 0) return say.format(Math.trunc(minutes / 60), "hour");
  if (Math.abs(days) < 60) return say.format(days, "day");
  if (Math.abs(days) < 730) return say.format(Math.round(days / 30.44), "month");
  return say.format(Math.round(days / 365.25), "year");
}
