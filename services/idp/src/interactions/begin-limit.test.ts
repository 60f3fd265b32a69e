import { expect, test } from "vitest";
import { BeginLimit } from "./begin-limit.ts";

const limit = { max: 3, windowMs: 60_000 };

test("a network begins so many sign-ins, then waits for the window's end", () => {
  const begun = new BeginLimit(limit);
  for (let n = 0; n < 3; n++) expect(begun.count("203.0.113.7", n * 1_000)).toBe(0);
  expect(begun.count("203.0.113.7", 20_000)).toBe(40);
  expect(begun.count("203.0.113.8", 20_000)).toBe(0);
  expect(begun.count("203.0.113.7", 60_000)).toBe(0);
});

test("an IPv6 user's whole /64 is one network", () => {
  const begun = new BeginLimit(limit);
  for (let n = 1; n < 4; n++) expect(begun.count(`2001:db8:0:1::${n}`, 0)).toBe(0);
  expect(begun.count("2001:db8:0:1:ffff::9", 0)).toBeGreaterThan(0);
  expect(begun.count("2001:db8:0:2::1", 0)).toBe(0);
});
