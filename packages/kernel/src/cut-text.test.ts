import fc from "fast-check";
import { expect, it } from "vitest";
import { cutText } from "./cut-text.ts";

it("cuts no character in two, and keeps what is short enough", () => {
  expect(cutText("ab🚧c", 3)).toBe("ab");
  expect(cutText("ab🚧c", 4)).toBe("ab🚧");
  expect(cutText("ab🚧c", 5)).toBe("ab🚧c");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.nat(40), (text, limit) => {
      const cut = cutText(text, limit);
      expect(cut.isWellFormed()).toBe(true);
      expect(text.startsWith(cut)).toBe(true);
      expect(cut.length).toBeGreaterThanOrEqual(Math.min(text.length, limit) - 1);
    }),
  );
});
