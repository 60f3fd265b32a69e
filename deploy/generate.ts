import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generatedFiles } from "@interco/operator/generate";
import { problemsDocument } from "./generate/problems.ts";

/**
 * `npm run generate`: writes the files that are made from the code. With `--check`, writes nothing and fails when
 * one is stale.
 */
const root = join(import.meta.dirname, "..");
const checking = process.argv.includes("--check");
const generators = [generatedFiles, () => new Map([["docs/generated/problems.md", problemsDocument()]])];

for (const [path, content] of generators.flatMap((generator) => [...generator()])) {
  const file = join(root, path);
  if (current(file) === content) continue;
  console.log(`${checking ? "stale" : "written"}: ${path}`);
  if (checking) process.exitCode = 1;
  else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

function current(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
