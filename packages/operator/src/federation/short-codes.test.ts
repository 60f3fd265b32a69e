import { expect, it } from "vitest";
import { proposeShortCode, proposeSlug } from "./short-codes.ts";

it.each([
  ["Ars-sur-Moselle", "ARS"],
  ["Le Ban-Saint-Martin", "BAN"],
  ["Féy", "FEY"],
])("draws the short code of %s from its letters: %s", (name, code) => {
  expect(proposeShortCode(name, new Set())).toBe(code);
});

it("takes other letters, then digits, when a short code is taken", () => {
  const taken = new Set<string>();
  for (let n = 0; n < 20; n++) {
    const code = proposeShortCode("Lorry-lès-Metz", taken);
    expect(code).toMatch(/^[A-Z0-9]{3}$/);
    expect(taken.has(code)).toBe(false);
    taken.add(code);
  }
});

it("makes host names without accents, articles kept", () => {
  expect(proposeSlug("Le Ban-Saint-Martin", new Set())).toBe("le-ban-saint-martin");
  expect(proposeSlug("Féy", new Set(["fey"]))).toBe("fey-2");
});
