import type { Field, ProcedureDefinition } from "@interco/contracts/procedure";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeAnswers } from "./answers.ts";
import { toRaw } from "./field-value.ts";
import { validateAll } from "./form.ts";
import { compileProcedure } from "./procedure.ts";
import { placeLabel, requestTitle } from "./request-title.ts";

const text = (fr: string, en = fr) => ({ fr, en });
const label = text("Rue", "Street");
const yesNo = [
  { value: "yes", label: text("Oui", "Yes") },
  { value: "no", label: text("Non", "No") },
];

function procedureOf(...fields: Field[]) {
  const definition: ProcedureDefinition = {
    slug: "essai",
    kind: "local",
    category: "other",
    icon: "form",
    title: text("Essai", "Trial"),
    summary: text("Pour voir", "To see"),
    prepare: [],
    usualDays: 5,
    audience: "anyone",
    retentionMonths: 12,
    serviceDays: 5,
    decision: { kind: "report" },
    types: [{ code: "groupe", label, types: [{ code: "trou", label: text("Trou", "Hole") }] }],
    steps: [{ key: "etape", title: text("Étape", "Step"), fields }],
    workflow: {
      initial: "received",
      statuses: [
        { code: "received", label, kind: "open", citizenText: label },
        { code: "done", label, kind: "closed", citizenText: label },
      ],
      actions: [{ code: "close", label, from: ["received"], to: "done" }],
    },
    requestTitle: text("{type}, {place}"),
  };
  return compileProcedure(definition);
}

const one = (field: Partial<Field> & Pick<Field, "kind">, raw: Record<string, unknown>, today?: string) =>
  validateAll(procedureOf({ key: "q", label, ...field }), raw, "fr", today ? { today } : {});
const codes = (result: ReturnType<typeof one>) => result.errors.map(({ code }) => code);
const metz = new Set(["57463", "57751"]);

describe("what is posted is made tidy before it is kept", () => {
  test("text is trimmed, in NFC, on one line; paragraphs keep their line ends", () => {
    expect(one({ kind: "text" }, { q: "  cafe\u0301\u0000 \n noir " }).answers).toEqual({ q: "café noir" });
    expect(one({ kind: "textarea" }, { q: "un\r\ndeux\rtrois\u0000" }).answers).toEqual({
      q: "un\ndeux\ntrois",
    });
  });

  test("phone numbers, figures and dates are read as French people write them", () => {
    for (const typed of ["06 12 34 56 78", "06.12.34.56.78", "+33 (0)6 12 34 56 78", "0033612345678"]) {
      expect(one({ kind: "phone" }, { q: typed }).answers).toEqual({ q: "+33612345678" });
    }
    expect(one({ kind: "phone" }, { q: "+352 27 12 34" }).answers).toEqual({ q: "+352271234" });
    expect(codes(one({ kind: "phone" }, { q: "06 12 34" }))).toEqual(["invalid"]);
    expect(one({ kind: "number" }, { q: "1 234,5" }).answers).toEqual({ q: 1234.5 });
    expect(one({ kind: "date" }, { q: "3/4/2026" }).answers).toEqual({ q: "2026-04-03" });
    const boxes = { "q.day": "3", "q.month": "4", "q.year": "2026" };
    expect(one({ kind: "date" }, boxes).answers).toEqual({ q: "2026-04-03" });
    expect(codes(one({ kind: "date" }, { q: "31/02/2026" }))).toEqual(["invalid"]);
  });

  test("unknown names are dropped, prototype names included", () => {
    const raw = JSON.parse('{"q":"oui","admin":"1","__proto__":{"x":1},"constructor":"y"}');
    expect(one({ kind: "text" }, raw).answers).toEqual({ q: "oui" });
  });

  test("whatever is posted, the form answers, with bounded answers, and reads them back the same", () => {
    const procedure = procedureOf(
      { key: "t", kind: "text", label },
      { key: "a", kind: "textarea", label },
      { key: "m", kind: "email", label },
      { key: "p", kind: "phone", label },
      { key: "n", kind: "number", label },
      { key: "d", kind: "date", label },
      { key: "c", kind: "choices", label, options: yesNo },
      { key: "f", kind: "photos", label },
      { key: "o", kind: "checkbox", label },
      { key: "place", kind: "place", label },
      { key: "type", kind: "type", label },
    );
    const names = [
      "t",
      "a",
      "m",
      "p",
      "n",
      "d",
      "c",
      "f",
      "o",
      "type",
      "place.address",
      "place.commune",
      "place.detail",
    ];
    const value = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        "on",
        "trou",
        "57463",
        "yes",
        "a@b.fr",
        "0612345678",
        "12,5",
        "2026-02-03",
        "x".repeat(30_000),
      ),
      fc.array(fc.string(), { maxLength: 5 }),
      fc.anything({ maxDepth: 1 }),
    );
    const raw = fc.dictionary(fc.constantFrom(...names), value);
    fc.assert(
      fc.property(raw, (posted) => {
        const first = validateAll(procedure, posted, "fr");
        expect(JSON.stringify(first.answers).length).toBeLessThan(40_000);
        const again = validateAll(procedure, toRaw(first.answers), "fr");
        expect(again).toEqual({ answers: first.answers, errors: [] });
      }),
      { numRuns: 100 },
    );
  });
});

describe("an error says how to mend", () => {
  test("in the words of the question, in both languages", () => {
    const procedure = procedureOf({
      key: "q",
      kind: "text",
      label,
      required: true,
      example: text("12 rue du Fort"),
    });
    const message = (lang: "fr" | "en") => validateAll(procedure, {}, lang).errors[0]?.message;
    expect(message("fr")).toBe("Remplissez « Rue ». Par exemple : 12 rue du Fort.");
    expect(message("en")).toBe("Fill in “Street”. For example: 12 rue du Fort.");
  });

  test("in the definition's own words where it has some", () => {
    const messages = { required: text("Indiquez la rue.", "Enter the street.") };
    expect(one({ kind: "text", required: true, messages }, {}).errors[0]?.message).toBe("Indiquez la rue.");
  });

  test("and every limit has its code", () => {
    expect(codes(one({ kind: "text", minLength: 3 }, { q: "ab" }))).toEqual(["too-short"]);
    expect(codes(one({ kind: "text", maxLength: 3 }, { q: "abcd" }))).toEqual(["too-long"]);
    expect(codes(one({ kind: "text", pattern: "[0-9]+" }, { q: "12a" }))).toEqual(["invalid"]);
    expect(codes(one({ kind: "email" }, { q: "nom@exemple" }))).toEqual(["invalid"]);
    expect(codes(one({ kind: "number", minimum: 1 }, { q: "0" }))).toEqual(["too-small"]);
    expect(codes(one({ kind: "number", maximum: 1 }, { q: "2" }))).toEqual(["too-large"]);
    expect(codes(one({ kind: "number", integer: true }, { q: "1,5" }))).toEqual(["not-whole"]);
    expect(codes(one({ kind: "number" }, { q: "douze" }))).toEqual(["invalid"]);
    expect(codes(one({ kind: "choice", options: yesNo }, { q: "maybe" }))).toEqual(["unknown"]);
    expect(codes(one({ kind: "type" }, { q: "inconnu" }))).toEqual(["unknown"]);
    expect(codes(one({ kind: "photos", maxFiles: 1 }, { q: ["a", "b"] }))).toEqual(["too-many"]);
    expect(codes(one({ kind: "checkbox", required: true }, { q: "off" }))).toEqual(["required"]);
    expect(codes(one({ kind: "date", earliest: 1 }, { q: "2026-03-03" }, "2026-03-03"))).toEqual([
      "too-early",
    ]);
    const late = one({ kind: "date", latest: 10 }, { q: "2026-03-14" }, "2026-03-03");
    expect(late.errors[0]?.message).toBe("Choisissez une date jusqu’au vendredi 13 mars 2026.");
  });
});

describe("a place", () => {
  const procedure = procedureOf({ key: "place", kind: "place", label, required: true });
  const check = (raw: Record<string, string>, communes: ReadonlySet<string> = metz) =>
    validateAll(procedure, raw, "fr", { communes });

  test("asks for its commune and its street, each beside its own input", () => {
    expect(
      check({ "place.precision": "address" }).errors.map(({ name, message }) => [name, message]),
    ).toEqual([
      ["place.commune", "Choisissez la commune."],
      ["place.address", "Indiquez la rue. Par exemple : 12 rue du Fort."],
    ]);
  });

  test("outside the territory is told apart, so that the page can name the right town hall", () => {
    const result = check({ "place.commune": "75056", "place.address": "1 rue de Rivoli" });
    expect(result.errors.map(({ name, code }) => [name, code])).toEqual([
      ["place.commune", "outside-territory"],
    ]);
    expect(result.answers).toEqual({});
  });

  test("on a border street has two communes, different ones", () => {
    const border = {
      "place.precision": "border",
      "place.commune": "57463",
      "place.address": "Route de Woippy",
    };
    const kept = check({ ...border, "place.otherCommune": "57751" }).answers.place;
    expect(kept).toEqual({
      precision: "border",
      communes: ["57463", "57751"],
      address: "Route de Woippy",
      detail: null,
    });
    expect(check({ ...border, "place.otherCommune": "57463" }).errors[0]?.code).toBe("same-commune");
  });

  test("may have no commune only when the citizen says they don't know", () => {
    const raw = { "place.precision": "unknown", "place.address": "le long du canal" };
    expect(check(raw).errors).toEqual([]);
    expect(check({ ...raw, "place.precision": "known-place" }).errors[0]?.name).toBe("place.commune");
  });

  test("has the only commune there is where a procedure serves one", () => {
    const { answers } = check({ "place.address": "12 rue du Fort" }, new Set(["57751"]));
    expect(answers.place).toMatchObject({ communes: ["57751"], precision: "address" });
  });
});

describe("conditions", () => {
  const procedure = procedureOf(
    { key: "pet", kind: "choice", label, required: true, options: yesNo },
    { key: "petName", kind: "text", label, required: true, condition: 'pet = "yes"' },
    { key: "vet", kind: "text", label, condition: 'pet = "yes" and string length(petName) > 3' },
  );
  const check = (raw: Record<string, string>) => validateAll(procedure, raw, "fr");

  test("hide a question: it is neither asked nor kept", () => {
    expect(check({ pet: "no", petName: "Rex", vet: "x" })).toEqual({ answers: { pet: "no" }, errors: [] });
    expect(check({ pet: "yes" }).errors.map(({ field }) => field)).toEqual(["petName"]);
  });

  test("may look at several answers, in FEEL", () => {
    expect(check({ pet: "yes", petName: "Rex", vet: "x" }).answers).not.toHaveProperty("vet");
    expect(check({ pet: "yes", petName: "Médor", vet: "x" }).answers).toHaveProperty("vet");
  });

  test("that speak of what doesn't exist, or aren't FEEL, are refused with the definition", () => {
    for (const condition of ['nothing = "x"', "pet = = 3", "pet > nothing"]) {
      expect(() => procedureOf({ key: "pet", kind: "text", label, condition })).toThrow(/procedure essai/);
    }
  });
});

test("answers are read back in words, with title and place", () => {
  const procedure = procedureOf(
    { key: "type", kind: "type", label: text("Quoi", "What") },
    { key: "place", kind: "place", label: text("Où", "Where") },
    { key: "when", kind: "date", label: text("Quand", "When") },
    { key: "phone", kind: "phone", label: text("Téléphone", "Phone") },
  );
  const raw = {
    type: "trou",
    "place.commune": "57751",
    "place.address": "12 rue du Fort",
    when: "2026-06-01",
    phone: "0612345678",
  };
  const { answers } = validateAll(procedure, raw, "fr");
  const nameOf = (code: string) => ({ 57751: "Woippy" })[code];
  expect(describeAnswers(procedure, answers, "fr", nameOf).map(({ lines }) => lines)).toEqual([
    ["Trou"],
    ["12 rue du Fort, Woippy"],
    ["lundi 1er juin 2026"],
    ["06 12 34 56 78"],
  ]);
  expect(requestTitle(procedure, answers, nameOf)).toEqual(
    text("Trou, 12 rue du Fort, Woippy", "Hole, 12 rue du Fort, Woippy"),
  );
  expect(requestTitle(procedure, { type: "trou" }, nameOf).fr).toBe("Trou");
  expect(requestTitle(procedure, {}, nameOf).fr).toBe("Essai");
  const border = {
    precision: "border" as const,
    communes: ["57751", "57463"],
    address: "Rue A",
    detail: null,
  };
  expect(placeLabel(border, nameOf).fr).toBe("Rue A, entre Woippy et 57463");
});
