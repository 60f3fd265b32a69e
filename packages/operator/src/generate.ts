import { join } from "node:path";
import { Federation } from "@interco/contracts/federation";
import { stringify } from "yaml";
import { readFederation } from "./federation/federation-file.ts";
import { findAgglomeration } from "./federation/official-data.ts";
import { onePerCommune } from "./federation/one-per-commune.ts";
import { repositoryRoot } from "./state/data-folder.ts";

/** Files made from the code, by their path in the repository; committed, and stale ones fail a test. */
export function generatedFiles(): Map<string, string> {
  return new Map([
    ["docs/generated/federation.schema.json", `${JSON.stringify(federationSchema(), null, 2)}\n`],
    ["deploy/demo/federation-47.yaml", everyCommune()],
  ]);
}

/** The JSON Schema editors check federation.yaml with. */
function federationSchema(): object {
  return { $schema: "https://json-schema.org/draft/2020-12/schema", ...Federation };
}

/** The demonstration under the model "one instance for each": what the bench measures memory with. */
function everyCommune(): string {
  const federation = readFederation(join(repositoryRoot, "deploy/demo/federation.yaml"));
  const official = findAgglomeration(federation.agglomeration);
  if (!official) throw new Error(`no agglomeration has the SIREN ${federation.agglomeration}`);
  const head = `# yaml-language-server: $schema=../../docs/generated/federation.schema.json
# Made by \`npm run generate\` from federation.yaml: the agglomeration and its communes, each on its own instance.
`;
  return head + stringify(onePerCommune(federation, official), { lineWidth: 0 });
}
