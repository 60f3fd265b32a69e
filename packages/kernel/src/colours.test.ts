import fc from "fast-check";
import { expect, test } from "vitest";
import { CONTRASTS, contrast, deriveTheme, ROLES } from "./colours.ts";

const colour = fc
  .integer({ min: 0, max: 0xffffff })
  .map((value) => `#${value.toString(16).padStart(6, "0")}`);

function brokenPromises(brand: string, accent?: string): string[] {
  const theme = deriveTheme({ brand, accent });
  return (["light", "dark"] as const).flatMap((mode) =>
    CONTRASTS.filter(({ front, back, ratio }) => contrast(theme[mode][front], theme[mode][back]) < ratio).map(
      ({ front, back }) => `${brand} ${mode}: ${front} on ${back}`,
    ),
  );
}

test("whatever colours an entity picks, every text and part can be read, light and dark", () => {
  fc.assert(
    fc.property(colour, fc.option(colour, { nil: undefined }), (brand, accent) => {
      expect(brokenPromises(brand, accent)).toEqual([]);
    }),
    {
      numRuns: 200,
      examples: ["#ffff00", "#ffffff", "#000000", "#777777", "#00ff00"].map((brand): [string, undefined] => [
        brand,
        undefined,
      ]),
    },
  );
});

test("a theme fills every role with a hex colour", () => {
  const theme = deriveTheme({ brand: "#1f6f54" });
  for (const palette of [theme.light, theme.dark]) {
    expect(Object.keys(palette).toSorted()).toEqual([...ROLES].toSorted());
    for (const value of Object.values(palette)) expect(value).toMatch(/^#[0-9a-f]{6}$/);
  }
  expect(deriveTheme({ brand: "#1f6f54" })).toBe(theme);
});

test("a brand that can be seen is left as it is, one that can't is darkened", () => {
  expect(deriveTheme({ brand: "#1f6f54" }).light.brand).toBe("#1f6f54");
  expect(deriveTheme({ brand: "#ffd400" }).light.brand).not.toBe("#ffd400");
});

test("what isn't a colour is refused", () => {
  expect(() => deriveTheme({ brand: "bleu de Metz" })).toThrow(RangeError);
});
