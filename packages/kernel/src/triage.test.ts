import type { FirstRecipient, TriageRoster } from "@interco/contracts/dispatch";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addDays } from "./calendar.ts";
import { alertAt, firstRecipients, nextPresence, presentOn, triageDeadline, whoLooks } from "./triage.ts";

const rosterOf = (...recipients: FirstRecipient[]): TriageRoster => ({
  code: "essai",
  version: 1,
  procedure: "signaler-un-probleme",
  deadlineDays: 2,
  recipients,
});
const ids = (recipients: FirstRecipient[]) => recipients.map(({ id }) => id);
const MONDAY = "2026-03-02";

test("the first recipients are the most precisely named: type and commune, then type, then commune, then all", () => {
  const roster = rosterOf(
    { id: "all" },
    { id: "woippy", communes: ["57751"] },
    { id: "roads", types: ["trou"] },
    { id: "roads-woippy", types: ["trou"], communes: ["57751"] },
  );
  const first = (type: string | null, ...communes: string[]) =>
    ids(firstRecipients(roster, { type, communes }));
  expect(first("trou", "57463", "57751")).toEqual(["roads-woippy"]);
  expect(first("trou", "57463")).toEqual(["roads"]);
  expect(first("bruit", "57751")).toEqual(["woippy"]);
  expect(first(null)).toEqual(["all"]);
  expect(firstRecipients(rosterOf({ id: "x", types: ["trou"] }), { type: null, communes: [] })).toEqual([]);
});

describe("who looks on a day", () => {
  const tuesday: FirstRecipient = { id: "a", presence: [2], standIn: "b" };
  const away: FirstRecipient = { id: "b", absences: [{ from: MONDAY, to: "2026-03-06" }], standIn: "c" };
  const there: FirstRecipient = { id: "c" };

  test("is who is there, else the stand-in's stand-in", () => {
    const roster = rosterOf(tuesday, away, there);
    expect(ids(whoLooks(roster, [tuesday], "2026-03-03"))).toEqual(["a"]);
    expect(ids(whoLooks(roster, [tuesday], MONDAY))).toEqual(["c"]);
    expect(ids(whoLooks(roster, [tuesday, there], MONDAY))).toEqual(["c"]);
  });

  test("is never no one, even when people stand in for one another", () => {
    const loop = rosterOf({ ...tuesday, standIn: "b" }, { ...away, standIn: "a" });
    expect(ids(whoLooks(loop, loop.recipients.slice(0, 1), MONDAY))).toEqual(["a"]);
    const day = fc.integer({ min: 0, max: 3000 }).map((days) => addDays(MONDAY, days));
    fc.assert(
      fc.property(day, (some) => {
        expect(whoLooks(loop, loop.recipients, some).length).toBeGreaterThan(0);
      }),
    );
  });

  test("without presence days is Monday to Friday", () => {
    expect(presentOn(there, MONDAY)).toBe(true);
    expect(presentOn(there, "2026-03-07")).toBe(false);
    expect(nextPresence(tuesday, "2026-03-04")).toBe("2026-03-10");
    expect(nextPresence(away, MONDAY)).toBe("2026-03-09");
  });
});

test("the alert comes half-way to triage's deadline", () => {
  const received = new Date("2026-03-06T09:00:00Z");
  const deadline = triageDeadline(rosterOf({ id: "all" }), received);
  expect(deadline.toISOString()).toBe("2026-03-10T22:59:59.999Z");
  expect(alertAt(received, deadline).toISOString()).toBe("2026-03-08T15:59:59.999Z");
});
