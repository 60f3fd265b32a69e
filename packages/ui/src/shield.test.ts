import { expect, test } from "vitest";
import { initialOf, shieldSvg } from "./shield.ts";

test("an entity's initial leaves its article out", () => {
  const names = [
    "Woippy",
    "La Maxe",
    "Le Ban-Saint-Martin",
    "L'Hôpital",
    "Ars-sur-Moselle",
    "Laquenexy",
    "Lessy",
    "Écouviez",
  ];
  expect(names.map(initialOf).join("")).toBe("WMBHALLE");
});

test("only a colour gets into a drawing", () => {
  const shield = { initial: "W", onColour: "#ffffff", shape: "shield" } as const;
  expect(shieldSvg({ ...shield, colour: "#006d4b" })).toContain('fill="#006d4b"');
  expect(() => shieldSvg({ ...shield, colour: '"/><script>' })).toThrow("is not a colour");
});
