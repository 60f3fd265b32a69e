import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, sourceFiles } from "./source-files.ts";

/** Requirements of OWASP ASVS 5.0: chapters V6, V7, V9, V10 at levels 1 and 2, and 10.4.13 and 10.4.16. */
const REQUIRED = [
  ...numbered("6.1", 3),
  ...numbered("6.2", 12),
  ...numbered("6.3", 4),
  ...numbered("6.4", 4),
  ...numbered("6.5", 5),
  ...numbered("6.6", 3),
  ...numbered("6.8", 4),
  ...numbered("7.1", 3),
  ...numbered("7.2", 4),
  ...numbered("7.3", 2),
  ...numbered("7.4", 5),
  ...numbered("7.5", 2),
  ...numbered("7.6", 2),
  ...numbered("9.1", 3),
  ...numbered("9.2", 4),
  ...numbered("10.1", 2),
  ...numbered("10.2", 2),
  ...numbered("10.3", 4),
  ...numbered("10.4", 11),
  "10.4.13",
  "10.4.16",
  ...numbered("10.5", 5),
  ...numbered("10.6", 2),
  ...numbered("10.7", 3),
];

function numbered(section: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${section}.${n + 1}`);
}

const lines = readFileSync(join(ROOT, "docs/guide/asvs.md"), "utf8")
  .split("\n")
  .filter((line) => /^\| \d/.test(line))
  .map((line) => {
    const [id = "", asked = "", how = "", shown = ""] = line
      .slice(2, -2)
      .split(" | ")
      .map((cell) => cell.trim());
    return { id, asked, how, shown };
  });

describe("the table of ASVS requirements", () => {
  it("has each of them once, in their order", () => {
    expect(lines.map(({ id }) => id)).toEqual(REQUIRED);
  });

  it.each(lines)("$id names tests that exist", ({ asked, how, shown }) => {
    expect(asked).not.toBe("");
    expect(how).not.toBe("");
    for (const one of shown.split("; ")) {
      if (one === "not applicable") continue;
      const [, path = "", name = ""] = /^`([^`]+\.test\.ts)`: (.+)$/.exec(one) ?? [];
      expect(path, one).not.toBe("");
      const text = readFileSync(join(ROOT, path), "utf8");
      expect(text.includes(`"${name}"`), `${path} has no test "${name}"`).toBe(true);
    }
  });
});

it("nothing of the identity provider is drawn by Math.random", () => {
  const wrong = sourceFiles(["services/idp/src", "packages/platform/src"]).filter(({ text }) =>
    text.includes("Math.random"),
  );
  expect(wrong.map(({ path }) => path)).toEqual([]);
});
