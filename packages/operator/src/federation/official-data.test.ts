import { expect, it } from "vitest";
import { findAgglomeration, findCommune } from "./official-data.ts";

it("finds the 46 communes of Metz Métropole", () => {
  expect(findAgglomeration("200039865")?.communes).toHaveLength(46);
  expect(findAgglomeration("000000000")).toBeUndefined();
});

it.each([
  ["57751", "de Woippy"],
  ["57032", "d’Ars-sur-Moselle"],
  ["57049", "du Ban-Saint-Martin"],
  ["57452", "de La Maxe"],
])("joins “de” to the name of %s as French does: %s", (code, expected) => {
  expect(findCommune(code)?.liaison).toBe(expected);
});
