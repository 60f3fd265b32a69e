import { expect, it } from "vitest";
import { openUntil } from "./opening-hours.ts";

const hours = [
  { days: "Lundi à vendredi", times: "8 h 30 – 12 h, 13 h 30 – 17 h 30" },
  { days: "Samedi", times: "9 h – 12 h" },
];
const at = (instant: string) =>
  openUntil(hours, new Date(instant), { alsaceMoselle: true })?.toISOString() ?? null;

it("says until when a desk is open, in Paris time", () => {
  expect(at("2026-11-23T15:00:00Z")).toBe("2026-11-23T16:30:00.000Z");
  expect(at("2026-11-23T08:00:00Z")).toBe("2026-11-23T11:00:00.000Z");
  expect(at("2026-11-28T10:00:00Z")).toBe("2026-11-28T11:00:00.000Z");
});

it("is closed at noon, in the evening, on Sundays and on public holidays", () => {
  expect(at("2026-11-23T11:30:00Z")).toBeNull();
  expect(at("2026-11-23T17:00:00Z")).toBeNull();
  expect(at("2026-11-22T10:00:00Z")).toBeNull();
  expect(at("2026-11-11T10:00:00Z")).toBeNull();
});

it("reads lists of days, and says nothing of hours it can't read", () => {
  const some = (days: string, times: string) =>
    openUntil([{ days, times }], new Date("2026-11-24T10:00:00Z"), {}) !== null;
  expect(some("Mardi, jeudi et samedi", "9 h – 12 h")).toBe(true);
  expect(some("Mercredi et vendredi", "9 h – 12 h")).toBe(false);
  expect(some("Du lundi au jeudi", "8h30-17h")).toBe(true);
  expect(some("Sur rendez-vous", "selon disponibilité")).toBe(false);
});
