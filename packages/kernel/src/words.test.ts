import { expect, test } from "vitest";
import { dateInWords, dateTimeInWords, daysInWords, relativeInWords } from "./words.ts";

const at = (iso: string) => new Date(iso);

test("dates are said in words, in Paris, first of the month included", () => {
  expect(dateTimeInWords(at("2025-03-03T13:05:00Z"), "fr", { year: false })).toBe(
    "lundi 3 mars à 14\u00a0h\u00a005",
  );
  expect(dateTimeInWords(at("2025-03-03T13:05:00Z"), "en")).toBe("Monday 3 March 2025 at 14:05");
  expect(dateInWords("2026-06-01", "fr")).toBe("lundi 1er juin 2026");
  expect(dateInWords("2026-06-01", "en", { weekday: false })).toBe("1 June 2026");
  expect(dateInWords(at("2026-06-30T22:30:00Z"), "fr")).toBe("mercredi 1er juillet 2026");
  expect(dateTimeInWords(at("2026-06-30T22:00:00Z"), "fr")).toBe(
    "mercredi 1er juillet 2026 à 0\u00a0h\u00a000",
  );
});

test("durations follow the calendar: last evening is yesterday", () => {
  const now = at("2026-03-03T08:00:00Z");
  expect(relativeInWords(at("2026-03-02T22:00:00Z"), now, "fr")).toBe("hier");
  expect(relativeInWords(at("2026-03-03T07:55:00Z"), now, "fr")).toBe("il y a 5 minutes");
  expect(relativeInWords(at("2026-03-03T08:00:10Z"), now, "en")).toBe("just now");
  expect(relativeInWords(at("2026-03-06T08:00:00Z"), now, "fr")).toBe("dans 3 jours");
  expect(relativeInWords(at("2025-09-03T08:00:00Z"), now, "en")).toBe("6 months ago");
  expect(daysInWords(1, "fr", "working-days")).toBe("1\u00a0jour ouvré");
  expect(daysInWords(5, "fr")).toBe("5\u00a0jours");
  expect(daysInWords(3, "en", "working-days")).toBe("3\u00a0working days");
});
