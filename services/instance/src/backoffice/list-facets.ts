import type { Bilingual } from "@interco/contracts/procedure";
import type { Database } from "../database.ts";
import { readFacets } from "./facet-repository.ts";

const KEPT_FOR_MS = 60_000;

/** What the filters of an entity's lists offer: what its latest requests are like. */
export interface Facets {
  types: { code: string; label: Bilingual }[];
  statuses: { code: string; label: Bilingual }[];
  /** Entity ids. */
  communes: string[];
}

/** Facets of each entity, read again every minute: they are labels, and nobody's data. */
export class ListFacets {
  readonly #db: Database;
  readonly #held = new Map<string, { facets: Facets; readAt: number }>();

  constructor(db: Database) {
    this.#db = db;
  }

  async read(entity: string): Promise<Facets> {
    const held = this.#held.get(entity);
    if (held && Date.now() - held.readAt < KEPT_FOR_MS) return held.facets;
    const facets = await this.#db.within({ entities: [entity] }, (trx) => readFacets(trx, entity));
    this.#held.set(entity, { facets, readAt: Date.now() });
    return facets;
  }
}
