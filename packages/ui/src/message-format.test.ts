import { expect, test } from "vitest";
import { compileMessage } from "./message-format.ts";

const say = (source: string, params = {}, lang = "fr") => compileMessage(source, lang)(params, String);

test("an apostrophe is an apostrophe", () => {
  expect(say("l'équipe {name} n'est pas là", { name: "d'Ars" })).toBe("l'équipe d'Ars n'est pas là");
});

test("a count chooses its words in each language", () => {
  const fr = "{count, plural, =0 {aucune demande} one {# demande} other {# demandes}}";
  expect([0, 1, 2, 1234].map((count) => say(fr, { count }))).toEqual([
    "aucune demande",
    "1 demande",
    "2 demandes",
    "1\u202f234 demandes",
  ]);
  expect(say("{count, plural, one {# request} other {# requests}}", { count: 0 }, "en")).toBe("0 requests");
});

test("a selection falls back on other, and may hold a count", () => {
  const source = "{kind, select, local {Woippy} other {{count, plural, one {un} other {#}} ailleurs}}";
  expect(say(source, { kind: "local", count: 3 })).toBe("Woippy");
  expect(say(source, { kind: "shared", count: 3 })).toBe("3 ailleurs");
});

test("a malformed message is refused with its text", () => {
  for (const source of ["{name", "a } b", "{n, plural, one {x}}", "{n, date}", "{n, plural, one x}"]) {
    expect(() => say(source, { n: 1, name: "x" }), source).toThrow(SyntaxError);
  }
});

test("a missing parameter is an error, not a hole", () => {
  expect(() => say("Bonjour {name}")).toThrow('"name" is missing');
});
