import { cutText } from "@interco/kernel/cut-text";
import type { FastifyRequest } from "fastify";

/** Nobody types that much: what is too long for its field is refused in words, and only what no hand types is cut. */
const LONGEST = 20_000;

/** The single values a form posted, by name, with line ends as fields count them (`\n`); lists are left out. */
export function postedValues(request: FastifyRequest): Record<string, string> {
  const body = (request.body ?? {}) as Record<string, unknown>;
  const strings = Object.entries(body).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(
    strings.map(([name, value]) => [name, cutText(value.replace(/\r\n?/g, "\n"), LONGEST)]),
  );
}
