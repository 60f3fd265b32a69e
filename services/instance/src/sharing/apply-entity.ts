import { senderOf } from "@interco/contracts/cloud-event";
import type { EntityEvent } from "@interco/contracts/events/event-list";
import type { Logger } from "@interco/platform/log";
import { setAuthorisation } from "../agents/agent-repository.ts";
import { removeTeam, setTeam } from "../agents/team-repository.ts";
import type { Transaction } from "../database.ts";
import { applyProfile } from "../sites/entity-repository.ts";
import { answerDigest } from "./repair.ts";

/** Applies, on the agglomeration's instance, what an entity says of itself. The broker lets an account speak for its own entities only. */
export async function applyEntity(
  trx: Transaction,
  { hub, log }: { hub: string; log: Logger },
  event: EntityEvent,
): Promise<void> {
  const entity = senderOf(event);
  switch (event.type) {
    case "fr.interco.profile.changed.v1":
      return applyProfile(trx, entity, event.data);
    case "fr.interco.team.changed.v1":
      return event.data.active
        ? setTeam(trx, { entity, code: event.data.code, name: event.data.name, email: event.data.email })
        : removeTeam(trx, entity, event.data.code);
    case "fr.interco.authorisation.granted.v1":
      return setAuthorisation(trx, entity, event.data.agentId, event.data.rights, event.data.version, false);
    case "fr.interco.authorisation.withdrawn.v1":
      return setAuthorisation(trx, entity, event.data.agentId, [], event.data.version, true);
    case "fr.interco.projection.digest.v1":
      if (!(await answerDigest(trx, hub, entity, event.data)))
        log.warn({ alert: "digest_refused", entity, cause: event.data.cause }, "an entity asks too often");
      return;
  }
}
