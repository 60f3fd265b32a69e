import type { Database } from "../database.ts";
import type { Entity } from "./entity.ts";
import { lastEntityChange, listEntities } from "./entity-repository.ts";

const LOOKED_AT_EVERY_MS = 3_000;

/**
 * The territory in memory: some sixty rows that every page reads. Refreshed when an event or an edit says so
 * (`changed`), and within seconds of an edit made through another process (a seed, a second instance process).
 */
export class Territory {
  readonly #db: Database;
  readonly #agglomerationId: string;
  #entities: Entity[] = [];
  #byId = new Map<string, Entity>();
  #byCode = new Map<string, Entity>();
  #lookedAt = 0;
  #version = "";
  #reading: Promise<void> | undefined;

  constructor(db: Database, agglomerationId: string) {
    this.#db = db;
    this.#agglomerationId = agglomerationId;
  }

  /** Reads now. Called at start, and after whatever changes an entity. */
  async changed(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Looks in the background whether what is held is old; never makes anyone wait. */
  freshen(): void {
    if (Date.now() - this.#lookedAt < LOOKED_AT_EVERY_MS) return;
    this.#lookedAt = Date.now();
    void this.#look().catch(() => {});
  }

  async #look(): Promise<void> {
    // Logos make the rows heavy: their date alone is read most of the time.
    if ((await lastEntityChange(this.#db)) !== this.#version) await this.changed();
  }

  async #read(): Promise<void> {
    const version = await lastEntityChange(this.#db);
    const entities = await listEntities(this.#db.open);
    this.#entities = entities;
    this.#byId = new Map(entities.map((entity) => [entity.id, entity]));
    this.#byCode = new Map(entities.map((entity) => [entity.code, entity]));
    this.#version = version;
    this.#lookedAt = Date.now();
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
