import { expect, it } from "vitest";
import { cutText } from "./cut-text.ts";

it("cuts a text to its length, and never in the middle of a character", () => {
  expect(cutText("bonjour", 20)).toBe("bonjour");
  expect(cutText("bonjour", 3)).toBe("bon");
  expect(cutText("ab🚲", 3)).toBe("ab");
  expect(cutText("ab🚲", 4)).toBe("ab🚲");
  for (let length = 0; length < 12; length++)
    expect(cutText("🚲".repeat(5), length).isWellFormed()).toBe(true);
});
