import type { Language } from "./messages.ts";

const zone = "Europe/Paris";
const locale = { fr: "fr-FR", en: "en-GB" } as const;

/**
 * - `day`: "lundi 3 mars" (with the year when it isn't this one)
 * - `moment`: "lundi 3 mars à 14 h 05"
 * - `short`: "3 mars"
 * - `near`: "aujourd'hui", "hier", "demain", else `short`
 * - `near-moment`: "aujourd'hui à 10 h 12", else `moment`
 * - `time`: "14 h 05"
 * - `full`: "lundi 3 mars 2026 à 14 h 05" (letters, receipts)
 */
export const dateStyles = ["day", "moment", "short", "near", "near-moment", "time", "full"] as const;
export type DateStyle = (typeof dateStyles)[number];

/** A date in words, in Paris time. `now` decides whether the year shows and what "today" is. */
export function dateInWords(value: Date | string, style: DateStyle, lang: Language, now: Date): string {
  const date = typeof value === "string" ? new Date(value) : value;
  if (Number.isNaN(date.getTime())) throw new RangeError(`"${value}" is not a date`);
  switch (style) {
    case "time":
      return time(date, lang);
    case "short":
      return day(date, lang, now, { weekday: false });
    case "near":
      return relativeDay(date, lang, now) ?? day(date, lang, now, { weekday: false });
    case "day":
      return day(date, lang, now, { weekday: true });
    case "full":
      return at(day(date, lang, null, { weekday: true }), date, lang);
    case "moment":
      return at(day(date, lang, now, { weekday: true }), date, lang);
    case "near-moment":
      return at(relativeDay(date, lang, now) ?? day(date, lang, now, { weekday: true }), date, lang);
  }
}

const at = (words: string, date: Date, lang: Language): string =>
  `${words} ${lang === "fr" ? "à" : "at"} ${time(date, lang)}`;

const formats = new Map<string, Intl.DateTimeFormat>();
function parts(date: Date, lang: Language, options: Intl.DateTimeFormatOptions): Map<string, string> {
  const key = lang + JSON.stringify(options);
  const format =
    formats.get(key) ??
    new Intl.DateTimeFormat(locale[lang], { ...options, timeZone: zone, hourCycle: "h23" });
  formats.set(key, format);
  return new Map(format.formatToParts(date).map(({ type, value }) => [type, value]));
}

function time(date: Date, lang: Language): string {
  const found = parts(date, lang, { hour: "2-digit", minute: "2-digit" });
  const [hour, minute] = [Number(found.get("hour")), found.get("minute") ?? ""];
  if (lang === "en") return `${hour}:${minute}`;
  return minute === "00" ? `${hour}\u00a0h` : `${hour}\u00a0h\u00a0${minute}`;
}

/** `now: null` always shows the year. */
function day(date: Date, lang: Language, now: Date | null, { weekday }: { weekday: boolean }): string {
  const found = parts(date, lang, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const number = found.get("day") === "1" && lang === "fr" ? "1er" : found.get("day");
  const words = [weekday ? found.get("weekday") : undefined, `${number}\u00a0${found.get("month")}`];
  if (!now || parts(now, lang, { year: "numeric" }).get("year") !== found.get("year")) {
    words.push(found.get("year"));
  }
  return words.filter(Boolean).join(" ");
}

const near = {
  fr: new Map([
    [0, "aujourd'hui"],
    [-1, "hier"],
    [1, "demain"],
  ]),
  en: new Map([
    [0, "today"],
    [-1, "yesterday"],
    [1, "tomorrow"],
  ]),
};

function relativeDay(date: Date, lang: Language, now: Date): string | undefined {
  return near[lang].get(civilDay(date) - civilDay(now));
}

/** The day's number in Paris: midnight there is what separates yesterday from today. */
function civilDay(date: Date): number {
  const found = parts(date, "en", { year: "numeric", month: "numeric", day: "numeric" });
  const of = (type: string): number => Number(found.get(type));
  return Math.round(Date.UTC(of("year"), of("month") - 1, of("day")) / 86_400_000);
}
