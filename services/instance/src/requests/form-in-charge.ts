import type { Answers, Place } from "@interco/contracts/procedure";
import { daysInWords } from "@interco/kernel/words";
import type { Deps } from "../deps.ts";
import type { OfferedProcedure } from "../procedures/procedure-library.ts";
import type { Entity } from "../sites/entity.ts";
import { type Follower, followerOf } from "./follower.ts";

/**
 * Who will be in charge, by the same tables as the submission. Null while the answers don't say enough for them;
 * an entity that is always in charge of its own procedure is known from the start.
 */
export async function whoWillFollow(
  deps: Deps,
  owner: Entity,
  procedure: OfferedProcedure,
  answers: Answers,
  lang: "fr" | "en",
): Promise<Follower | null> {
  const { definition } = procedure;
  const answerOf = (kind: string) => {
    const field = definition.steps.flatMap((step) => step.fields).find((one) => one.kind === kind);
    return field && answers[field.key];
  };
  const place = (answerOf("place") as Place | undefined) ?? null;
  const typeCode = (answerOf("type") as string | undefined) ?? null;
  if (definition.kind === "shared" && (!place || !typeCode)) return null;
  const decision = await deps.dispatcher.decide(owner, procedure, { place, typeCode });
  const delay = daysInWords(decision.deadlineDays ?? definition.serviceDays, lang, "working-days");
  return followerOf(deps, { ...decision, owner: owner.id, delay }, lang);
}
