import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { InstanceSeed } from "@interco/contracts/instance-seed";
import type { ProcedureSeed } from "@interco/contracts/procedure";
import { parse } from "yaml";
import { IDS } from "./test-instance.ts";

const DEMO = join(import.meta.dirname, "../../../deploy/demo");
const filesOf = (folder: string) =>
  readdirSync(join(DEMO, folder))
    .sort()
    .flatMap((name) => [parse(readFileSync(join(DEMO, folder, name), "utf8"))].flat());

/** Every procedure of the demonstration, for whom it is there. */
export const DEMO_PROCEDURES: ProcedureSeed[] = filesOf("procedures");

/** The demonstration's procedures and dispatch tables, for the entities tests host: other communes' procedures go to Woippy. */
export function demonstrationSeed(hosts: readonly (keyof typeof IDS)[]): Partial<InstanceSeed> {
  return {
    procedures: DEMO_PROCEDURES.flatMap((seed) => {
      const entity = seed.for === "agglomeration" ? "metropole" : seed.for === "57463" ? "metz" : "woippy";
      return hosts.includes(entity) ? [{ entity: IDS[entity], definition: seed.definition }] : [];
    }),
    dispatchTables: hosts.includes("metropole") ? filesOf("dispatch") : [],
  };
}
