import { readdirSync, readFileSync } from "node:fs";
import { type ProcedureDefinition, ProcedureSeed } from "@interco/contracts/procedure";
import { Errors } from "typebox/value";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { checkDefinition } from "./procedure.ts";

const folder = new URL("../../../deploy/demo/", import.meta.url);
const read = (kind: string) =>
  readdirSync(new URL(kind, folder))
    .filter((name) => name.endsWith(".yaml"))
    .map(
      (name) => [name, parse(readFileSync(new URL(`${kind}/${name}`, folder), "utf8")) as unknown] as const,
    );

const procedures = read("procedures");
const seeds = procedures.map(([, seed]) => seed as ProcedureSeed);
const shared = seeds.find(({ definition }) => definition.slug === "signaler-un-probleme")?.definition;

/** Every text of a definition that has a French and an English side. */
function* texts(value: unknown): Generator<{ fr: string; en: string }> {
  if (typeof value !== "object" || value === null) return;
  if ("fr" in value && "en" in value && typeof value.fr === "string")
    yield value as { fr: string; en: string };
  else for (const inner of Object.values(value)) yield* texts(inner);
}

describe("the demonstration's procedures", () => {
  test.for(procedures)("%s holds together", ([, seed]) => {
    expect(
      Errors(ProcedureSeed, seed).map(({ instancePath, message }) => `${instancePath} ${message}`),
    ).toEqual([]);
    checkDefinition((seed as ProcedureSeed).definition);
  });

  test("slugs are an entity's own, and texts are French and English", () => {
    const slugs = seeds.map((seed) => `${seed.for}/${seed.definition.slug}`);
    expect(new Set(slugs).size).toBe(slugs.length);
    for (const { fr, en } of seeds.flatMap(({ definition }) => [...texts(definition)])) {
      expect(fr, `${fr} has a straight apostrophe`).not.toMatch(/'/);
      if (fr.length > 25) expect(en).not.toBe(fr);
    }
  });

  test("there is one shared procedure with some twenty report types in two levels", () => {
    const groups = (shared as ProcedureDefinition).types ?? [];
    const types = groups.flatMap((group) => group.types);
    expect(groups.length).toBeGreaterThan(5);
    expect(types.length).toBeGreaterThanOrEqual(20);
    expect(types.some(({ byPerson }) => byPerson)).toBe(true);
  });
});
