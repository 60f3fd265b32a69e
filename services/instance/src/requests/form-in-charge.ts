import type { Answers, Place } from "@interco/contracts/procedure";
import { daysInWords } from "@interco/kernel/words";
import type { EntityView } from "@interco/ui/entity-view";
import { findTeamName } from "../agents/team-repository.ts";
import type { Deps } from "../deps.ts";
import type { OfferedProcedure } from "../procedures/procedure-library.ts";
import type { Entity } from "../sites/entity.ts";
import { viewOf } from "../sites/site-frame.ts";

/** "Votre demande sera suivie par": the card, as soon as the tables can tell. */
export interface FutureFollower {
  entity: EntityView | null;
  service: string;
  partner: boolean;
  delay: string;
  /** Words for when nobody is known yet. */
  pending: string;
}

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
): Promise<FutureFollower | null> {
  const { definition } = procedure;
  const answerOf = (kind: string) => {
    const field = definition.steps.flatMap((step) => step.fields).find((one) => one.kind === kind);
    return field && answers[field.key];
  };
  const place = (answerOf("place") as Place | undefined) ?? null;
  const typeCode = (answerOf("type") as string | undefined) ?? null;
  if (definition.kind === "shared" && (!place || !typeCode)) return null;
  const decision = await deps.dispatcher.decide(owner, procedure, { place, typeCode });
  const entity = decision.inCharge ? deps.territory.findById(decision.inCharge) : undefined;
  const delay = daysInWords(decision.deadlineDays ?? definition.serviceDays, lang, "working-days");
  if (!entity)
    return {
      entity: null,
      service: "",
      partner: false,
      delay: "",
      pending: deps.renderer.translate(lang, "requests.form.triage", { entity: owner.name }),
    };
  return {
    entity: viewOf(entity),
    service: decision.team ? ((await findTeamName(deps.db, entity.id, decision.team)) ?? "") : "",
    partner: entity.kind === "partner",
    delay,
    pending: "",
  };
}
