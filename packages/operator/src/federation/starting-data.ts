import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Federation } from "@interco/contracts/federation";
import { ProcedureSeed } from "@interco/contracts/procedure";
import { Value } from "typebox/value";
import { parse } from "yaml";

/** The procedures and dispatch tables a federation starts with, as its folders hold them. */
export interface StartingData {
  procedures: ProcedureSeed[];
  /** Checked by the instance that takes them. */
  dispatch: unknown[];
}

/** @throws Error naming the file that isn't a procedure. */
export function readStartingData(federation: Federation, source: string): StartingData {
  return {
    procedures: yamlFiles(source, federation.procedures).flatMap(({ path, content }) =>
      [content].flat().map((seed) => {
        if (Value.Check(ProcedureSeed, seed)) return seed;
        const [error] = Value.Errors(ProcedureSeed, seed);
        throw new Error(
          `${path} is no procedure: ${error?.instancePath || "the file"} ${error?.message ?? ""}`,
        );
      }),
    ),
    dispatch: yamlFiles(source, federation.dispatch).flatMap(({ content }) => [content].flat()),
  };
}

/** What one entity starts with: its own procedures, or a new commune's when no file is for it. */
export function proceduresOf(data: StartingData, code: string, agglomeration: string): unknown[] {
  const of = (owner: string) =>
    data.procedures.filter((seed) => seed.for === owner).map((seed) => seed.definition);
  if (code === agglomeration) return of("agglomeration");
  const own = of(code);
  return own.length > 0 ? own : of("new-commune");
}

function yamlFiles(source: string, folder: string | undefined): { path: string; content: unknown }[] {
  if (folder === undefined || !existsSync(join(source, folder))) return [];
  return readdirSync(join(source, folder))
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => {
      const path = join(source, folder, name);
      return { path, content: parse(readFileSync(path, "utf8")) as unknown };
    });
}
