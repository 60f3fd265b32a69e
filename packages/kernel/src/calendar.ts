/** A day as ISO 8601 writes it, `2026-03-03`: no time, no zone. */
export type Day = string;

export interface CalendarOptions {
  /** Good Friday and 26 December too (local law, ordinance of 16 August 1892; code du travail L3134-13). */
  alsaceMoselle?: boolean;
}

const DAY_MS = 86_400_000;
const PARIS_PARTS = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/Paris",
  hourCycle: "h23",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

const utc = (day: Day) => Date.parse(`${day}T00:00:00Z`);

/** Days already written: a list asks for the same few hundreds of times. */
const written = new Map<number, Day>();

function iso(ms: number): Day {
  const number = Math.floor(ms / DAY_MS);
  const known = written.get(number);
  if (known) return known;
  const day = new Date(ms).toISOString().slice(0, 10);
  if (written.size >= 5_000) written.clear();
  written.set(number, day);
  return day;
}

/** `day` moved by whole days. */
export function addDays(day: Day, days: number): Day {
  return iso(utc(day) + days * DAY_MS);
}

/** Whole days from `from` to `to`, negative when `to` is before. */
export function daysBetween(from: Day, to: Day): number {
  return Math.round((utc(to) - utc(from)) / DAY_MS);
}

/** ISO weekday: 1 Monday … 7 Sunday. */
export function weekday(day: Day): number {
  return new Date(utc(day)).getUTCDay() || 7;
}

/**
 * The same day of the month, `months` later; the month's last day where it has no such day (31 December + 2
 * months = 28 February): how delays in months run (code de procédure civile, article 641).
 */
export function addMonths(day: Day, months: number): Day {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return iso(Date.UTC(year, month - 1 + months, Math.min(date, last)));
}

/** Easter Sunday, by the Gregorian computus of Meeus, Jones and Butcher. */
export function easter(year: number): Day {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const e = Math.floor((8 * b + 13) / 25);
  const h = (19 * a + b - Math.floor(b / 4) - e + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 19 * l) / 433);
  const month = Math.floor((h + l - 7 * m + 90) / 25);
  const date = (h + l - 7 * m + 33 * month + 19) % 32;
  return iso(Date.UTC(year, month - 1, date));
}

const known = new Map<string, ReadonlyMap<Day, string>>();

/** Public holidays of a year, by day, with their French name (code du travail, L3133-1 and L3134-13). */
export function publicHolidays(
  year: number,
  { alsaceMoselle = false }: CalendarOptions = {},
): ReadonlyMap<Day, string> {
  const key = `${year}${alsaceMoselle}`;
  const found = known.get(key);
  if (found) return found;
  const sunday = easter(year);
  const days: [Day, string][] = [
    [`${year}-01-01`, "Jour de l’An"],
    [addDays(sunday, 1), "Lundi de Pâques"],
    [`${year}-05-01`, "Fête du Travail"],
    [`${year}-05-08`, "Victoire de 1945"],
    [addDays(sunday, 39), "Ascension"],
    [addDays(sunday, 50), "Lundi de Pentecôte"],
    [`${year}-07-14`, "Fête nationale"],
    [`${year}-08-15`, "Assomption"],
    [`${year}-11-01`, "Toussaint"],
    [`${year}-11-11`, "Armistice de 1918"],
    [`${year}-12-25`, "Noël"],
  ];
  if (alsaceMoselle) days.push([addDays(sunday, -2), "Vendredi saint"], [`${year}-12-26`, "Saint-Étienne"]);
  const holidays = new Map(days.toSorted(([one], [other]) => one.localeCompare(other)));
  if (known.size < 200) known.set(key, holidays);
  return holidays;
}

/** Monday to Friday, no public holiday (jours ouvrés). */
export function isWorkingDay(day: Day, options?: CalendarOptions): boolean {
  return weekday(day) <= 5 && !publicHolidays(Number(day.slice(0, 4)), options).has(day);
}

const reachedBefore = new Map<string, Day>();

/** The `count`th working day after `day`, which itself never counts. 0 gives `day`. */
export function addWorkingDays(day: Day, count: number, options?: CalendarOptions): Day {
  // A day's requests ask for the same few.
  const key = `${day} ${count} ${options?.alsaceMoselle ?? false}`;
  const found = reachedBefore.get(key) ?? countWorkingDays(day, count, options);
  if (reachedBefore.size > 2_000) reachedBefore.clear();
  reachedBefore.set(key, found);
  return found;
}

function countWorkingDays(day: Day, count: number, options?: CalendarOptions): Day {
  let reached = day;
  for (let left = count; left > 0; ) {
    reached = addDays(reached, 1);
    if (isWorkingDay(reached, options)) left--;
  }
  return reached;
}

/** Working days after `from`, up to and including `to`. */
export function workingDaysBetween(from: Day, to: Day, options?: CalendarOptions): number {
  let count = 0;
  for (let day = addDays(from, 1); day <= to; day = addDays(day, 1)) if (isWorkingDay(day, options)) count++;
  return count;
}

/** Offsets by hour: the clock in Paris only changes on one, and asking Intl costs 20 µs. */
const offsets = new Map<number, number>();
const HOUR_MS = 3_600_000;

function parisClock(instant: Date): number {
  const hour = Math.floor(instant.getTime() / HOUR_MS);
  const known = offsets.get(hour);
  const offset = known ?? readParisClock(new Date(hour * HOUR_MS)) - hour * HOUR_MS;
  if (known === undefined && offsets.size < 20_000) offsets.set(hour, offset);
  return Math.floor(instant.getTime() / 1000) * 1000 + offset;
}

function readParisClock(instant: Date): number {
  const part = Object.fromEntries(
    PARIS_PARTS.formatToParts(instant).map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** The day it is in Paris at an instant. */
export function parisDay(instant: Date): Day {
  return iso(parisClock(instant));
}

/** The instant a clock in Paris shows `hour:minute` on a day; an hour that doesn't exist gives the next one. */
export function parisTime(day: Day, hour: number, minute = 0): Date {
  const wanted = utc(day) + (hour * 60 + minute) * 60_000;
  const offset = (ms: number) => parisClock(new Date(ms)) - ms;
  const guess = wanted - offset(wanted);
  return new Date(wanted - offset(guess));
}

/** The last millisecond of a day in Paris: a deadline is kept until then. */
export function endOfParisDay(day: Day): Date {
  return new Date(parisTime(addDays(day, 1), 0).getTime() - 1);
}
