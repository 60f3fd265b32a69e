import type { Answers } from "@interco/contracts/procedure";
import type { CompiledProcedure } from "@interco/kernel/procedure";
import type { Request } from "./request.ts";

/**
 * The answers as they hold now. What the citizen typed is kept as it was; where an agent has corrected the place since, the
 * request's own place is the true one.
 */
export function answersNow(
  procedure: CompiledProcedure,
  { answers, place }: Pick<Request, "answers" | "place">,
): Answers {
  const field = [...procedure.fields.values()].find((one) => one.field.kind === "place");
  return field && place ? { ...answers, [field.field.key]: place } : answers;
}
