import type { Cell, DispatchFacts, DispatchRow, DispatchTable } from "@interco/contracts/dispatch";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileDispatch } from "./dispatch.ts";
import { compileStreets } from "./streets.ts";

const SIREN = "200039865";
const reason = { fr: "parce que", en: "because" };
const row = (id: string, more: Partial<DispatchRow>): DispatchRow => ({
  id,
  to: "agglomeration",
  reason,
  ...more,
});
const tableOf = (...rows: DispatchRow[]): DispatchTable => ({
  code: "essai",
  version: 3,
  procedure: "signaler-un-probleme",
  title: reason,
  hitPolicy: "first",
  rows,
});
const compile = (...rows: DispatchRow[]) => compileDispatch(tableOf(...rows), SIREN);
const at = (type: string | null, commune: string | null, manager?: string): DispatchFacts => ({
  type,
  communes: commune ? [commune] : [],
  ...(manager !== undefined && { manager }),
});

describe("a dispatch table", () => {
  const table = compile(
    row("metz", { type: "trou", commune: "57463", to: "commune", team: "technique", deadlineDays: 3 }),
    row("departement", {
      type: ["trou", "arbre"],
      manager: { feel: 'starts with(?, "partner:")' },
      to: "manager",
    }),
    row("voirie", { type: ["trou", "arbre"], team: "voirie", deadlineDays: 10 }),
    row("college", { type: "college", to: "partner:departement-57" }),
    row("lire", { type: "autre", to: "triage", team: "accueil" }),
    row("reste", { manager: ["commune", "private"], to: "manager" }),
  );

  test("takes the first row that accepts", () => {
    expect(table.evaluate(at("trou", "57463", "partner:departement-57"))).toMatchObject({
      outcome: "entity",
      entity: "57463",
      team: "technique",
      deadlineDays: 3,
      rowId: "metz",
      table: "essai",
      tableVersion: 3,
    });
    expect(table.evaluate(at("trou", "57751"))).toMatchObject({
      entity: SIREN,
      rowId: "voirie",
      team: "voirie",
    });
  });

  test("finds a partner by its competence, or because the street is its own", () => {
    expect(table.evaluate(at("college", "57751"))).toMatchObject({
      outcome: "partner",
      partner: "departement-57",
      entity: null,
    });
    expect(table.evaluate(at("arbre", "57751", "partner:departement-57"))).toMatchObject({
      outcome: "partner",
      partner: "departement-57",
      rowId: "departement",
    });
  });

  test("leaves to a person what no row answers, or what a row says a person must read", () => {
    expect(table.evaluate(at("bruit", "57751"))).toMatchObject({
      outcome: "triage",
      rowId: null,
      entity: null,
    });
    expect(table.evaluate(at("autre", "57751"))).toMatchObject({
      outcome: "triage",
      rowId: "lire",
      team: "accueil",
      reason,
    });
    expect(table.evaluate(at("bruit", "57751", "commune"))).toMatchObject({
      outcome: "entity",
      entity: "57751",
      rowId: "reste",
    });
    expect(table.evaluate(at("bruit", "57751", "private"))).toMatchObject({
      outcome: "triage",
      rowId: "reste",
    });
    expect(table.evaluate(at(null, null))).toMatchObject({ outcome: "triage" });
  });

  test("never decides on a border street, nor where the citizen doesn't know", () => {
    const border = { type: "trou", communes: ["57463", "57751"], precision: "border" as const };
    expect(table.evaluate(border)).toMatchObject({ outcome: "triage", rowId: null });
    expect(table.evaluate(at("trou", "57463", "border"))).toMatchObject({ outcome: "triage" });
    expect(table.evaluate({ ...at("trou", "57463"), precision: "unknown" })).toMatchObject({
      outcome: "triage",
    });
  });
});

describe("a table that would decide wrongly is refused", () => {
  const problems = (...rows: DispatchRow[]) => {
    try {
      compile(...rows);
      return "";
    } catch (error) {
      return String(error);
    }
  };

  test("the street's manager before competence", () => {
    expect(problems(row("rue", { manager: "commune" }), row("type", { type: "trou" }))).toMatch(
      /without a type before type/,
    );
    expect(problems(row("type", { type: "trou" }), row("rue", { manager: "commune" }))).toBe("");
  });

  test("cells that aren't FEEL, or speak of what isn't known", () => {
    expect(problems(row("a", { type: { feel: "starts with(?" } }))).toMatch(/isn't FEEL/);
    expect(problems(row("a", { type: { feel: 'citizen = "x"' } }))).toMatch(/citizen/);
    expect(problems(row("a", {}), row("a", {}))).toMatch(/row a is there twice/);
  });
});

test("the index answers as reading every row would, whatever the table", () => {
  const values = ["a", "b", "c"];
  const cell: fc.Arbitrary<Cell | undefined> = fc.option(
    fc.oneof(
      fc.constantFrom(...values),
      fc.uniqueArray(fc.constantFrom(...values), { minLength: 1 }),
      fc.constantFrom(...values).map((value) => ({ feel: `not("${value}")` })),
    ),
    { nil: undefined },
  );
  const accepts = (test: Cell | undefined, value: string): boolean => {
    if (test === undefined) return true;
    if (typeof test === "string") return test === value;
    return Array.isArray(test) ? test.includes(value) : test.feel !== `not("${value}")`;
  };
  const rows = fc.array(fc.record({ type: cell, commune: cell, manager: cell }), {
    minLength: 1,
    maxLength: 6,
  });
  const fact = fc.constantFrom(...values, "unknown", "other");
  fc.assert(
    fc.property(rows, fact, fact, fact, (cells, type, commune, manager) => {
      const named = cells
        .toSorted((one, other) => Number(one.type === undefined) - Number(other.type === undefined))
        .map(({ type, commune, manager }, index) =>
          row(`r${index}`, {
            ...(type && { type }),
            ...(commune && { commune }),
            ...(manager && { manager }),
          }),
        );
      const naive = named.find(
        (one) => accepts(one.type, type) && accepts(one.commune, commune) && accepts(one.manager, manager),
      );
      expect(compile(...named).evaluate(at(type, commune, manager)).rowId).toBe(naive?.id ?? null);
    }),
    { numRuns: 200 },
  );
});

describe("a street's manager is found in words people type", () => {
  const streets = compileStreets([
    {
      code: "rues",
      version: 1,
      streets: [
        {
          communes: ["57751"],
          street: "Route de Thionville",
          aliases: ["RD 953"],
          manager: "partner:departement-57",
        },
        { communes: ["57751"], street: "Rue de Metz", manager: "agglomeration" },
        { communes: ["57751"], street: "Rue de Metz prolongée", manager: "commune" },
        { communes: ["57463", "57751"], street: "Route de Woippy", manager: "agglomeration" },
      ],
    },
  ]);
  const manager = (address: string, ...communes: string[]) =>
    streets.managerOf(communes.length > 0 ? communes : ["57751"], address);

  test("whatever its case, accents, number and abbreviations", () => {
    for (const typed of [
      "12 Route de Thionville",
      "rte de thionville",
      "ROUTE DE THIONVILLE, face au 3",
      "sur la D953",
      "RD 953",
    ]) {
      expect(manager(typed)).toBe("partner:departement-57");
    }
    expect(manager("3 rue de Metz prolongee")).toBe("commune");
    expect(manager("3 rue de Metz")).toBe("agglomeration");
  });

  test("and nothing is guessed", () => {
    expect(manager("Rue de Metzervisse")).toBeNull();
    expect(manager("Route de Thionville", "57463")).toBeNull();
    expect(manager("Route de Woippy")).toBe("border");
    expect(manager("Route de Thionville", "57751", "57463")).toBe("border");
    expect(streets.managerOf([], "Route de Thionville")).toBeNull();
  });
});
