import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

export const ROOT = join(import.meta.dirname, "..", "..");

export interface SourceFile {
  /** From the root: `services/instance/src/app.ts`. */
  path: string;
  text: string;
  /** What it imports, values and types alike. */
  imports: { from: string; typeOnly: boolean }[];
}

/** Every TypeScript file below these folders, tests and generated files left out unless asked for. */
export function sourceFiles(folders: readonly string[], options: { tests?: boolean } = {}): SourceFile[] {
  return folders
    .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter(
      (path) => !path.includes("node_modules") && (options.tests || !/(\.test\.ts$|\/test\/)/.test(path)),
    )
    .map((path) => {
      const text = readFileSync(join(ROOT, path), "utf8");
      return { path, text, imports: importsOf(text) };
    });
}

function importsOf(text: string): SourceFile["imports"] {
  const found = text.matchAll(
    /(?:^|\n)\s*(import|export)\s+(type\s+)?([^;"']*?from\s*)?["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)/g,
  );
  return [...found].map(([, , type, clause, from, dynamic]) => ({
    from: from ?? dynamic ?? "",
    typeOnly: Boolean(type) || (clause !== undefined && namesAreTypes(clause)),
  }));
}

/** `import { type A, type B } from` brings no value. */
function namesAreTypes(clause: string): boolean {
  const names = /\{([^}]*)\}/
    .exec(clause)?.[1]
    ?.split(",")
    .map((name) => name.trim())
    .filter(Boolean);
  return (
    names !== undefined &&
    names.length > 0 &&
    !/^\s*\w+\s*,/.test(clause) &&
    names.every((name) => name.startsWith("type "))
  );
}
