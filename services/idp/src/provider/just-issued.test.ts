import { expect, test } from "vitest";
import type { Surroundings } from "./artifact-repository.ts";
import { JustIssued } from "./just-issued.ts";

const code = { found: { json: "{}" } } as Surroundings;
const key = (n: number) => Buffer.from(String(n));

test("a code is handed out once", () => {
  const codes = new JustIssued();
  codes.keep(key(1), code);
  expect(codes.take(key(2))).toBeUndefined();
  expect(codes.take(key(1))).toBe(code);
  expect(codes.take(key(1))).toBeUndefined();
});

test("and for a few seconds only", () => {
  const codes = new JustIssued();
  codes.keep(key(1), code, 0);
  expect(codes.take(key(1), 10_000)).toBeUndefined();
});

test("codes nobody exchanges make room", () => {
  const codes = new JustIssued();
  for (let n = 0; n < 2_001; n++) codes.keep(key(n), code, 0);
  expect(codes.take(key(0), 1)).toBeUndefined();
  expect(codes.take(key(2_000), 1)).toBe(code);
  codes.keep(key(3_000), code, 20_000);
  expect(codes.take(key(1), 1)).toBeUndefined();
});
