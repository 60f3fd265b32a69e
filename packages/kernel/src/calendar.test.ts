import fc from "fast-check";
import { expect, test } from "vitest";
import {
  addDays,
  addMonths,
  addWorkingDays,
  easter,
  endOfParisDay,
  isWorkingDay,
  parisDay,
  parisTime,
  publicHolidays,
  weekday,
  workingDaysBetween,
} from "./calendar.ts";

const day = fc.integer({ min: 0, max: 40_000 }).map((days) => addDays("2000-01-01", days));
const moselle = { alsaceMoselle: true };

test("Easter falls where the almanac says", () => {
  const almanac: Record<number, string> = {
    1961: "1961-04-02",
    2000: "2000-04-23",
    2008: "2008-03-23",
    2024: "2024-03-31",
    2025: "2025-04-20",
    2026: "2026-04-05",
    2027: "2027-03-28",
    2038: "2038-04-25",
  };
  for (const [year, sunday] of Object.entries(almanac)) expect(easter(Number(year))).toBe(sunday);
});

test("France has eleven holidays, Moselle thirteen", () => {
  expect(publicHolidays(2026).size).toBe(11);
  const days = publicHolidays(2026, moselle);
  expect(days.get("2026-04-03")).toBe("Vendredi saint");
  expect(days.get("2026-05-14")).toBe("Ascension");
  expect(days.get("2026-05-25")).toBe("Lundi de Pentecôte");
  expect(days.get("2026-12-26")).toBe("Saint-Étienne");
  expect(isWorkingDay("2026-04-03")).toBe(true);
  expect(isWorkingDay("2026-04-03", moselle)).toBe(false);
});

test("counting n working days lands on a working day, n working days away", () => {
  fc.assert(
    fc.property(day, fc.integer({ min: 1, max: 60 }), fc.boolean(), (from, count, alsaceMoselle) => {
      const reached = addWorkingDays(from, count, { alsaceMoselle });
      expect(isWorkingDay(reached, { alsaceMoselle })).toBe(true);
      expect(workingDaysBetween(from, reached, { alsaceMoselle })).toBe(count);
    }),
  );
});

test("the day a request arrives never counts, nor do a week-end and Easter in Moselle", () => {
  expect(addWorkingDays("2026-04-02", 1, moselle)).toBe("2026-04-07");
  expect(addWorkingDays("2026-04-02", 1)).toBe("2026-04-03");
  expect(weekday("2026-03-02")).toBe(1);
  expect(weekday("2026-03-08")).toBe(7);
});

test("a month later is the same day, or the month's last one", () => {
  expect(addMonths("2026-04-12", 2)).toBe("2026-06-12");
  expect(addMonths("2025-12-31", 2)).toBe("2026-02-28");
  expect(addMonths("2027-12-31", 2)).toBe("2028-02-29");
  expect(addMonths("2026-11-30", 14)).toBe("2028-01-30");
});

test("days are those of Paris, summer and winter", () => {
  expect(parisDay(new Date("2026-03-02T23:30:00Z"))).toBe("2026-03-03");
  expect(parisDay(new Date("2026-07-02T22:30:00Z"))).toBe("2026-07-03");
  expect(endOfParisDay("2026-03-03").toISOString()).toBe("2026-03-03T22:59:59.999Z");
  expect(endOfParisDay("2026-07-03").toISOString()).toBe("2026-07-03T21:59:59.999Z");
  fc.assert(
    fc.property(day, (some) => {
      expect(parisDay(endOfParisDay(some))).toBe(some);
    }),
  );
  expect(parisTime("2026-03-29", 9).toISOString()).toBe("2026-03-29T07:00:00.000Z");
});
