import { senderOf } from "@interco/contracts/cloud-event";
import type { CatalogueEvent } from "@interco/contracts/events/event-list";
import type { Transaction } from "../database.ts";
import { upsertCatalogueProcedure } from "../procedures/catalogue-repository.ts";
import { learnEntities } from "../sites/entity-repository.ts";

/** Applies what the agglomeration says to all: its procedures and the territory. */
export async function applyCatalogue(trx: Transaction, event: CatalogueEvent): Promise<void> {
  switch (event.type) {
    case "fr.interco.procedure.published.v1": {
      const { active, category: _category, ...procedure } = event.data;
      return upsertCatalogueProcedure(trx, { ...procedure, entity: senderOf(event), withdrawn: !active });
    }
    case "fr.interco.territory.changed.v1":
      return learnEntities(trx, event.data.entities);
    case "fr.interco.type.published.v1":
      // Types live in the agglomeration's procedures; a commune's portal lists procedures only.
      return;
  }
}
