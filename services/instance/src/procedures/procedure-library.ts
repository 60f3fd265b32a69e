import { type CompiledProcedure, compileProcedure } from "@interco/kernel/procedure";
import type { Database } from "../database.ts";
import {
  findProcedure,
  getProcedureVersion,
  listProcedures,
  type Procedure,
} from "./procedure-repository.ts";

const KEPT_FOR_MS = 5_000;

export interface OfferedProcedure extends Procedure {
  compiled: CompiledProcedure;
}

/**
 * Procedures as compiled forms and workflows. A version never changes and is kept; which one is in use is looked
 * up again after five seconds, so that an edit shows at once to people and costs a submission nothing.
 */
export class ProcedureLibrary {
  readonly #db: Database;
  readonly #versions = new Map<string, CompiledProcedure>();
  readonly #current = new Map<string, { procedure: OfferedProcedure | undefined; readAt: number }>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** The procedures an entity offers itself. */
  async list(entity: string): Promise<OfferedProcedure[]> {
    return (await listProcedures(this.#db, entity)).map((procedure) => this.#compiled(procedure));
  }

  /** The version in use; undefined when the entity has no such procedure. */
  async find(entity: string, slug: string): Promise<OfferedProcedure | undefined> {
    const key = `${entity}/${slug}`;
    const held = this.#current.get(key);
    if (held && Date.now() - held.readAt < KEPT_FOR_MS) return held.procedure;
    const found = await findProcedure(this.#db, entity, slug);
    const procedure = found && this.#compiled(found);
    if (this.#current.size > 1_000) this.#current.clear();
    this.#current.set(key, { procedure, readAt: Date.now() });
    return procedure;
  }

  /** The version a request was filed with. */
  async getVersion(entity: string, slug: string, version: number): Promise<CompiledProcedure> {
    const key = `${entity}/${slug}/${version}`;
    const held = this.#versions.get(key);
    if (held) return held;
    const compiled = compileProcedure(await getProcedureVersion(this.#db, entity, slug, version));
    this.#versions.set(key, compiled);
    return compiled;
  }

  #compiled(procedure: Procedure): OfferedProcedure {
    const key = `${procedure.entity}/${procedure.slug}/${procedure.version}`;
    const compiled = this.#versions.get(key) ?? compileProcedure(procedure.definition);
    this.#versions.set(key, compiled);
    return { ...procedure, compiled };
  }
}
