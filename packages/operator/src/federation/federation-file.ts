import { readFileSync } from "node:fs";
import { Federation } from "@interco/contracts/federation";
import { Value } from "typebox/value";
import { type Document, isNode, LineCounter, parseDocument } from "yaml";
import { federationFaults } from "./federation-rules.ts";

/** What is wrong in a federation.yaml, one line each: `federation.yaml:12: …`. */
export class FederationError extends Error {
  override readonly name = "FederationError";
  readonly faults: string[];

  constructor(faults: string[]) {
    super(faults.join("\n"));
    this.faults = faults;
  }
}

/**
 * Reads and checks a federation.yaml: its syntax, its shape, then what the shape can't say (an entity hosted
 * twice, a commune of elsewhere…).
 *
 * @throws FederationError with every fault and its line.
 */
export function readFederation(path: string): Federation {
  return parseFederation(readFileSync(path, "utf8"), path);
}

export function parseFederation(text: string, path: string): Federation {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) {
    throw new FederationError(
      document.errors.map(
        (error) => `${path}:${lines.linePos(error.pos[0]).line}: ${firstLine(error.message)}`,
      ),
    );
  }
  const at = (pointer: string) => `${path}:${lineOf(document, lines, pointer)}: `;
  const value: unknown = document.toJS();
  if (!Value.Check(Federation, value)) {
    const faults = Value.Errors(Federation, value)
      // Said again, better, by the error of the unknown key itself.
      .filter((error) => error.keyword !== "additionalProperties")
      .map((error) => at(error.instancePath) + sentence(error));
    throw new FederationError([...new Set(faults)]);
  }
  const faults = federationFaults(value);
  if (faults.length > 0) throw new FederationError(faults.map((fault) => at(fault.pointer) + fault.message));
  return value;
}

/** The line of what a JSON pointer names, or of the nearest thing around it that is written. */
function lineOf(document: Document, lines: LineCounter, pointer: string): number {
  const path = pointer
    .split("/")
    .slice(1)
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function sentence(error: { keyword: string; instancePath: string; message: string; params: object }): string {
  const name = error.instancePath.slice(1).replaceAll("/", ".") || "the file";
  if (error.keyword === "boolean") return `${name} is not a known setting`;
  if (error.keyword === "required" && "requiredProperties" in error.params) {
    return `${name} lacks ${(error.params.requiredProperties as string[]).join(", ")}`;
  }
  if (error.keyword === "enum" && "allowedValues" in error.params) {
    return `${name} must be one of ${(error.params.allowedValues as string[]).join(", ")}`;
  }
  return `${name} ${error.message}`;
}

function firstLine(text: string): string {
  return text.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "") ?? text;
}
