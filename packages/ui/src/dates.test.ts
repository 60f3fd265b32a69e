import { expect, test } from "vitest";
import { showDate } from "./dates.ts";

const now = new Date("2026-11-21T09:30:00Z");
const fr = (value: string, style: Parameters<typeof showDate>[1]) =>
  showDate(value, style, "fr", now).replaceAll("\u00a0", " ");

test("a date is said in words, in Paris time, with the year only when it isn't this one", () => {
  expect(fr("2026-03-03T13:05:00Z", "moment")).toBe("mardi 3 mars à 14 h 05");
  expect(fr("2027-01-01T00:30:00Z", "day")).toBe("vendredi 1er janvier 2027");
  expect(fr("2026-11-20T23:30:00Z", "near-moment")).toBe("aujourd'hui à 0 h 30");
  expect(fr("2026-11-20T12:00:00Z", "near")).toBe("hier");
  expect(fr("2026-11-27", "near")).toBe("27 novembre");
  expect(fr("2026-11-20T16:41:00Z", "full")).toBe("vendredi 20 novembre 2026 à 17 h 41");
  expect(showDate("2026-11-22T16:41:00Z", "near-moment", "en", now)).toBe("tomorrow at 17:41");
});

test("what isn't a date is refused", () => {
  expect(() => fr("bientôt", "day")).toThrow(RangeError);
});
