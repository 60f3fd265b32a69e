import type { DispatchDecision, DispatchFacts } from "@interco/contracts/dispatch";
import type { Bilingual, Place } from "@interco/contracts/procedure";
import { type CompiledDispatch, compileDispatch } from "@interco/kernel/dispatch";
import { type CompiledStreets, compileStreets } from "@interco/kernel/streets";
import type { Database } from "../database.ts";
import type { OfferedProcedure } from "../procedures/procedure-library.ts";
import type { Entity } from "../sites/entity.ts";
import type { Territory } from "../sites/territory.ts";
import { readReferenceTables } from "./reference-table-repository.ts";

const KEPT_FOR_MS = 5_000;

/** Which row of which table decided, and its reason: what the timeline keeps of a dispatch. */
export interface DispatchTrace {
  reason?: Bilingual;
  table?: string;
  tableVersion?: number;
  rowId?: string | null;
}

/** Who is in charge of a new request, and why. `inCharge` null: a person decides (triage). */
export interface Decision {
  inCharge: string | null;
  team: string | null;
  /** Working days; null where the table says none: the procedure's own then. */
  deadlineDays: number | null;
  why: Bilingual;
  /** What the timeline keeps: table, version, row and reason. */
  trace: DispatchTrace;
}

/**
 * Finds the entity in charge by the owner's reference tables: competence (report type) first, street manager second.
 * Tables are compiled once and looked up again after five seconds.
 */
export class Dispatcher {
  readonly #db: Database;
  readonly #territory: Territory;
  readonly #held = new Map<
    string,
    { tables: Map<string, CompiledDispatch>; streets: CompiledStreets; readAt: number }
  >();

  constructor(db: Database, territory: Territory) {
    this.#db = db;
    this.#territory = territory;
  }

  /** A procedure that isn't shared is always its owner's, and goes to the team it names. */
  async decide(
    owner: Entity,
    procedure: Pick<OfferedProcedure, "definition" | "slug">,
    facts: { typeCode: string | null; place: Place | null },
  ): Promise<Decision> {
    const team = procedure.definition.team ?? null;
    if (procedure.definition.kind !== "shared") return ownersOwn(owner, team);
    const { tables, streets } = await this.#read(owner.id);
    const table = tables.get(procedure.slug);
    if (!table) return toTriage({ fr: "aucune règle d'orientation", en: "no dispatch rule" }, {});
    const decision = table.evaluate(this.#facts(facts, streets));
    const found = this.#toDecision(decision);
    // The owner's own team, where it has the request and no row says which.
    return found.team === null && found.inCharge === owner.id ? { ...found, team } : found;
  }

  #facts(
    { typeCode, place }: { typeCode: string | null; place: Place | null },
    streets: CompiledStreets,
  ): DispatchFacts {
    const communes = place?.communes ?? [];
    const manager = place ? streets.managerOf(communes, place.address) : null;
    return { type: typeCode, communes, ...(place ? { precision: place.precision } : {}), manager };
  }

  #toDecision(decision: DispatchDecision): Decision {
    const trace: DispatchTrace = {
      table: decision.table,
      tableVersion: decision.tableVersion,
      rowId: decision.rowId,
      reason: decision.reason,
    };
    if (decision.outcome === "triage") return toTriage(decision.reason, trace, decision.team);
    const code = decision.outcome === "partner" ? decision.partner : decision.entity;
    const entity = code ? this.#territory.findByCode(code) : undefined;
    // A table that names a body the territory doesn't know decides nothing: a person does.
    if (!entity)
      return toTriage(
        {
          fr: `la règle désigne un organisme inconnu (${code})`,
          en: `the rule names an unknown body (${code})`,
        },
        trace,
      );
    if (!entity.siteUrl && !entity.contact.email)
      return toTriage(
        {
          fr: `${entity.fullName} n'a pas d'adresse électronique : une personne l'avertit`,
          en: `${entity.fullName} has no e-mail address: a person must tell it`,
        },
        trace,
      );
    return {
      inCharge: entity.id,
      team: decision.team,
      deadlineDays: decision.deadlineDays,
      why: decision.reason,
      trace,
    };
  }

  /** Has the owner's tables read before a transaction decides by them: inside one, reading would ask the pool for a second connection. */
  async ready(owner: string): Promise<void> {
    await this.#read(owner);
  }

  /** What is held, looked up again in the background when it is old: only the first one waits. */
  async #read(owner: string) {
    const held = this.#held.get(owner);
    if (!held) return this.#readNow(owner);
    if (Date.now() - held.readAt >= KEPT_FOR_MS) {
      held.readAt = Date.now();
      void this.#readNow(owner).catch(() => {});
    }
    return held;
  }

  async #readNow(owner: string) {
    const references = await readReferenceTables(this.#db, owner);
    const fresh = {
      tables: new Map(
        references.tables.map((table) => [
          table.procedure,
          compileDispatch(table, this.#territory.getById(owner).code),
        ]),
      ),
      streets: compileStreets(references.streets),
      readAt: Date.now(),
    };
    this.#held.set(owner, fresh);
    return fresh;
  }
}

function ownersOwn(owner: Entity, team: string | null): Decision {
  const why = { fr: `démarche ${owner.liaison}`, en: `procedure of ${owner.name}` };
  return { inCharge: owner.id, team, deadlineDays: null, why, trace: { reason: why } };
}

/** `team`: the owner's team a row names to look at it first. */
function toTriage(why: Bilingual, trace: DispatchTrace, team: string | null = null): Decision {
  return { inCharge: null, team, deadlineDays: null, why, trace: { ...trace, reason: why } };
}
