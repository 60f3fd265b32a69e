import fc from "fast-check";
import { expect, test } from "vitest";
import { parseRequestNumber, requestNumber } from "./request-number.ts";
import { normaliseTrackingCode, showTrackingCode, trackingCode } from "./tracking-code.ts";

const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
const careless = (text: string) => ` ${text.toLowerCase().replaceAll("-", " ")} `;

test("a number typed carelessly is the same number, and says which entity it lives at", () => {
  fc.assert(
    fc.property(bytes, fc.stringMatching(/^[A-Z0-9]{2,5}$/), (random, shortCode) => {
      const number = requestNumber(shortCode, 2026, random);
      expect(number).toMatch(/^[A-Z0-9]{2,5}-2026-[0-9A-Z]{7}$/);
      expect(parseRequestNumber(careless(number))).toEqual({ shortCode, year: 2026, number });
    }),
  );
});

test("a tracking code holds no look-alike, and one typed for its twin is understood", () => {
  fc.assert(
    fc.property(bytes, (random) => {
      const code = trackingCode(random);
      expect(code).toMatch(/^[^01IOQL2568AEU]{10}$/);
      const confused = code
        .replaceAll("B", "8")
        .replaceAll("S", "5")
        .replaceAll("Z", "2")
        .replaceAll("G", "6");
      expect(normaliseTrackingCode(careless(confused))).toBe(code);
      expect(normaliseTrackingCode(showTrackingCode(code).replace(" ", "‑"))).toBe(code);
    }),
  );
});

test("letters are drawn evenly", () => {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 4000; seed++) {
    const random = Uint8Array.from(
      { length: 16 },
      (_, i) => (Math.imul(seed * 16 + i + 1, 2654435761) >>> 13) & 255,
    );
    for (const letter of trackingCode(random)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  }
  const expected = 40_000 / 23;
  expect(counts.size).toBe(23);
  for (const count of counts.values()) expect(Math.abs(count - expected)).toBeLessThan(expected * 0.2);
});

test("what is neither a number nor a code is told apart at once", () => {
  for (const typed of ["", "WPY", "WPY-2026-", "W-2026-7K3MP9R", "x".repeat(5000), "WPY-1999-7K3MP9R"]) {
    expect(parseRequestNumber(typed)).toBeUndefined();
  }
  for (const typed of ["", "ABC", "7K3MP9RTBCX", "7K3MP 9RTB!", "7".repeat(5000)]) {
    expect(normaliseTrackingCode(typed)).toBeUndefined();
  }
  expect(() => trackingCode(new Uint8Array(8))).toThrow(RangeError);
});
