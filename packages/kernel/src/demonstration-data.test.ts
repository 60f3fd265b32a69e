import { readdirSync, readFileSync } from "node:fs";
import { DispatchSeed } from "@interco/contracts/dispatch";
import { type ProcedureDefinition, ProcedureSeed } from "@interco/contracts/procedure";
import { Errors } from "typebox/value";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { compileDispatch } from "./dispatch.ts";
import { visibleFields } from "./form.ts";
import { checkDefinition, compileProcedure } from "./procedure.ts";
import { compileStreets } from "./streets.ts";
import { firstRecipients } from "./triage.ts";

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

describe("the demonstration's dispatch", () => {
  const files = read("dispatch");
  const found = files.map(([, seed]) => seed as DispatchSeed);
  const types = (shared?.types ?? []).flatMap((group) => group.types);
  const table = compileDispatch(
    found.flatMap((seed) => ("table" in seed ? [seed.table] : []))[0]!,
    "200039865",
  );
  const streets = compileStreets(found.flatMap((seed) => ("streets" in seed ? [seed.streets] : [])));
  const roster = found.flatMap((seed) => ("roster" in seed ? [seed.roster] : []))[0]!;
  const decide = (type: string, commune: string, address = "12 rue du Fort") =>
    table.evaluate({ type, communes: [commune], manager: streets.managerOf([commune], address) });

  test.for(files)("%s is what its schema says", ([, seed]) => {
    expect(Errors(DispatchSeed, seed)).toEqual([]);
  });

  test("names no type the procedure doesn't have", () => {
    const known = new Set(types.map(({ code }) => code));
    const literal = (cell: unknown) => (typeof cell === "string" ? [cell] : Array.isArray(cell) ? cell : []);
    for (const row of table.table.rows) for (const type of literal(row.type)) expect(known).toContain(type);
    for (const { types: named } of roster.recipients)
      for (const type of named ?? []) expect(known).toContain(type);
  });

  test("decides every type on an ordinary street, but those only a person can decide", () => {
    for (const { code, byPerson } of types) {
      expect([code, decide(code, "57751").outcome === "triage"]).toEqual([code, byPerson === true]);
      expect(firstRecipients(roster, { type: code, communes: ["57751"] })).not.toEqual([]);
    }
  });

  test("has types for the métropole, the commune, a partner, and follows the street where competence does", () => {
    expect(decide("nid-de-poule", "57751")).toMatchObject({
      entity: "200039865",
      team: "voirie",
      deadlineDays: 10,
    });
    expect(decide("depot-sauvage", "57751")).toMatchObject({ entity: "57751", team: "technique" });
    expect(decide("college", "57751")).toMatchObject({ partner: "departement-57" });
    expect(decide("nid-de-poule", "57751", "40 route de Thionville")).toMatchObject({
      partner: "departement-57",
    });
    expect(decide("lampadaire", "57467", "rue du Lavoir")).toMatchObject({ entity: "57467" });
    expect(decide("lampadaire", "57751")).toMatchObject({ entity: "200039865" });
    expect(decide("nid-de-poule", "57463", "3 route de Woippy")).toMatchObject({ outcome: "triage" });
    expect(decide("nid-de-poule", "57751", "2 allée du Spécimen")).toMatchObject({ outcome: "triage" });
    expect(decide("depot-sauvage", "57751", "40 route de Thionville")).toMatchObject({ entity: "57751" });
  });
});

test("only the shared procedure asks for a place: no other request's address crosses to another entity", () => {
  for (const { definition } of seeds) {
    const kinds = compileProcedure(definition).steps.flatMap((step) =>
      visibleFields(step, {}).map(({ field }) => field.kind),
    );
    expect([definition.slug, kinds.includes("place")]).toEqual([
      definition.slug,
      definition.kind === "shared",
    ]);
  }
});

test("every hosted commune has a procedure of its own, and one at least calls for a decision each way", () => {
  for (const code of ["57463", "57751", "57480", "57447", "57693", "57452", "57467", "new-commune"]) {
    expect(seeds.some((seed) => seed.for === code)).toBe(true);
  }
  const silences = seeds.flatMap(({ definition: { decision } }) =>
    decision.kind === "decision" ? [decision.silence] : [],
  );
  expect(new Set(silences)).toEqual(new Set(["acceptance", "refusal"]));
});
