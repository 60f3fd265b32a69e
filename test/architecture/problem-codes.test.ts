import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { problemsDocument, thrownCodes } from "../../deploy/generate/problems.ts";
import { ROOT } from "./source-files.ts";

const catalogue = (lang: string): Record<string, string> =>
  JSON.parse(readFileSync(join(ROOT, `services/instance/src/problem/messages.${lang}.json`), "utf8"));

it.each(["fr", "en"])("every problem the instance throws has its words (%s)", (lang) => {
  const words = catalogue(lang);
  const silent = thrownCodes().filter(
    (code) => !words[`problem.${code}.title`] || !words[`problem.${code}.text`],
  );
  expect(silent).toEqual([]);
});

it("docs/generated/problems.md lists today's codes: run `npm run generate`", () => {
  expect(readFileSync(join(ROOT, "docs/generated/problems.md"), "utf8")).toBe(problemsDocument());
});
