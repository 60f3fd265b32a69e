import type { Decision } from "@interco/contracts/procedure";
import { expect, test } from "vitest";
import { documentsDue, serviceDeadline, silence } from "./delays.ts";

const at = (day: string, time = "10:00") => new Date(`${day}T${time}:00Z`);
const basis = { fr: "CRPA, article L. 231-1", en: "CRPA, article L. 231-1" };
const acceptance: Decision = { kind: "decision", silence: "acceptance", months: 2, basis };
const refusal: Decision = { kind: "decision", silence: "refusal", months: 2, basis };

test("a service deadline is the end of a working day in Paris, the day of receipt left out", () => {
  expect(serviceDeadline(at("2026-03-03"), 5).toISOString()).toBe("2026-03-10T22:59:59.999Z");
  expect(serviceDeadline(at("2026-04-02"), 1, { alsaceMoselle: true }).toISOString()).toBe(
    "2026-04-07T21:59:59.999Z",
  );
});

test("working days spent waiting for the citizen are given back", () => {
  const pauses = [{ askedAt: at("2026-03-04"), dueOn: "2026-03-20", receivedAt: at("2026-03-09") }];
  expect(serviceDeadline(at("2026-03-03"), 5, { pauses }).toISOString()).toBe("2026-03-13T22:59:59.999Z");
});

test("silence on a report means nothing", () => {
  expect(
    silence({ kind: "report" }, { firstReceivedAt: at("2026-03-03"), competentReceivedAt: null }),
  ).toBeNull();
});

test("silence accepts two months after the competent entity got it: until then no clock runs (L114-3)", () => {
  const firstReceivedAt = at("2026-04-02");
  expect(silence(acceptance, { firstReceivedAt, competentReceivedAt: null })).toBeNull();
  expect(silence(acceptance, { firstReceivedAt, competentReceivedAt: at("2026-04-12") })).toEqual({
    day: "2026-06-12",
    means: "acceptance",
  });
});

test("silence refuses two months after the first receipt, wherever it went since (L114-3)", () => {
  const dates = { firstReceivedAt: at("2026-04-02"), competentReceivedAt: at("2026-04-12") };
  expect(silence(refusal, dates)).toEqual({ day: "2026-06-02", means: "refusal" });
});

test("missing documents suspend a refusal, until received or until the day given (L114-5)", () => {
  const dates = { firstReceivedAt: at("2026-04-02"), competentReceivedAt: at("2026-04-02") };
  const asked = { askedAt: at("2026-04-10"), dueOn: documentsDue(at("2026-04-10"), 15) };
  const early = [{ ...asked, receivedAt: at("2026-04-15") }];
  expect(silence(refusal, { ...dates, pauses: early })?.day).toBe("2026-06-07");
  expect(silence(refusal, { ...dates, pauses: [{ ...asked, receivedAt: null }] })?.day).toBe("2026-06-17");
});

test("missing documents make an acceptance start again at their receipt (L114-5)", () => {
  const dates = { firstReceivedAt: at("2026-04-02"), competentReceivedAt: at("2026-04-02") };
  const asked = { askedAt: at("2026-04-10"), dueOn: "2026-04-25" };
  expect(silence(acceptance, { ...dates, pauses: [{ ...asked, receivedAt: null }] })).toBeNull();
  expect(silence(acceptance, { ...dates, pauses: [{ ...asked, receivedAt: at("2026-05-04") }] })?.day).toBe(
    "2026-07-04",
  );
});

test("a request received late in the evening belongs to the day it is in Paris", () => {
  const late = at("2026-04-12", "22:30");
  expect(silence(acceptance, { firstReceivedAt: late, competentReceivedAt: late })?.day).toBe("2026-06-13");
});
