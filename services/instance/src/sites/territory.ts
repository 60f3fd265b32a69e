import type { Database } from "../database.ts";
import type { Entity } from "./entity.ts";
import { listEntities } from "./entity-repository.ts";

const KEPT_FOR_MS = 30_000;

/**
 * The territory in memory: some sixty rows that every page reads. Refreshed when an event or an edit says so
 * (`changed`), and every half minute besides, for edits made through another process.
 */
export class Territory {
  readonly #db: Database;
  readonly #agglomerationId: string;
  #entities: Entity[] = [];
  #byId = new Map<string, Entity>();
  #byCode = new Map<string, Entity>();
  #readAt = 0;
  #reading: Promise<void> | undefined;

  constructor(db: Database, agglomerationId: string) {
    this.#db = db;
    this.#agglomerationId = agglomerationId;
  }

  /** Reads now. Called at start, and after whatever changes an entity. */
  async changed(): Promise<void> {
    this.#reading ??= listEntities(this.#db)
      .then((entities) => {
        this.#entities = entities;
        this.#byId = new Map(entities.map((entity) => [entity.id, entity]));
        this.#byCode = new Map(entities.map((entity) => [entity.code, entity]));
        this.#readAt = Date.now();
      })
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }

  /** Reads again in the background when what is held is old; never makes anyone wait. */
  freshen(): void {
    if (Date.now() - this.#readAt > KEPT_FOR_MS) void this.changed().catch(() => {});
  }

  get entities(): readonly Entity[] {
    return this.#entities;
  }

  get communes(): readonly Entity[] {
    return this.#entities.filter((entity) => entity.kind === "commune");
  }

  /** The agglomeration; throws before the territory has been seeded. */
  get agglomeration(): Entity {
    return this.getById(this.#agglomerationId);
  }

  findById(id: string): Entity | undefined {
    return this.#byId.get(id);
  }

  /** By SIREN, INSEE code or a partner's code. */
  findByCode(code: string): Entity | undefined {
    return this.#byCode.get(code);
  }

  getById(id: string): Entity {
    const entity = this.#byId.get(id);
    if (!entity) throw new Error(`the territory has no entity ${id}`);
    return entity;
  }
}
