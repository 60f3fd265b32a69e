import type { FastifyRequest } from "fastify";

const LONGEST = 5_000;

/** The single values a form posted, by name; lists and what no hand types are cut. */
export function postedValues(request: FastifyRequest): Record<string, string> {
  const body = (request.body ?? {}) as Record<string, unknown>;
  const strings = Object.entries(body).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(strings.map(([name, value]) => [name, value.slice(0, LONGEST)]));
}
