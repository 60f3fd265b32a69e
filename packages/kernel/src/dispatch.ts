import type {
  Cell,
  DispatchDecision,
  DispatchFacts,
  DispatchRow,
  DispatchTable,
} from "@interco/contracts/dispatch";
import type { Bilingual } from "@interco/contracts/procedure";
import { feelUnaryTests } from "./feel.ts";
import { DefinitionError } from "./procedure.ts";

/** A table made ready: compile once, ask many times. */
export interface CompiledDispatch {
  table: DispatchTable;
  /** Who is in charge, or triage. Never throws on facts. */
  evaluate(facts: DispatchFacts): DispatchDecision;
}

type Column = "type" | "commune" | "manager";
type Test = (facts: Single) => boolean;
/** The facts a row sees: one commune at most. */
type Single = Record<Column, string | null>;
interface Row {
  row: DispatchRow;
  /** What the index doesn't answer. */
  tests: Test[];
}

const COLUMNS: readonly Column[] = ["type", "commune", "manager"];
const NAMES = new Set<string>(COLUMNS);
const ANY = "*";
const literals = (cell: Cell | undefined): string[] | null =>
  typeof cell === "string" ? [cell] : Array.isArray(cell) ? cell : null;

/**
 * Compiles a dispatch table. Literal types and communes are indexed; FEEL cells are asked only in the rows left,
 * 35 µs each. Hit policy "first", and *competence first, street manager second*: a row that names no type may
 * only follow every row that does.
 * @param agglomeration the SIREN that "agglomeration" stands for
 * @throws DefinitionError listing rows out of order, repeated ids, cells that aren't FEEL
 */
export function compileDispatch(table: DispatchTable, agglomeration: string): CompiledDispatch {
  const problems: string[] = [];
  const rows = table.rows.map((row) => compileRow(row, problems));
  const manager = table.rows.findIndex((row) => row.type === undefined);
  const competence = table.rows.findLastIndex((row) => row.type !== undefined);
  if (manager >= 0 && manager < competence) {
    problems.push(
      `row ${table.rows[manager]?.id} decides without a type before ${table.rows[competence]?.id}`,
    );
  }
  const ids = table.rows.map(({ id }) => id);
  for (const id of new Set(ids.filter((id, index) => ids.indexOf(id) !== index)))
    problems.push(`row ${id} is there twice`);
  if (problems.length > 0) throw new DefinitionError(`dispatch table ${table.code}`, problems);

  const named = (column: Column) => new Set(table.rows.flatMap((row) => literals(row[column]) ?? []));
  const types = named("type");
  const communes = named("commune");
  const index = new Map<string, Row[]>();
  const candidates = (facts: Single): Row[] => {
    const type = facts.type !== null && types.has(facts.type) ? facts.type : ANY;
    const commune = facts.commune !== null && communes.has(facts.commune) ? facts.commune : ANY;
    const key = `${type}/${commune}`;
    const found = index.get(key);
    if (found) return found;
    const fits = (cell: Cell | undefined, value: string) => literals(cell)?.includes(value) ?? true;
    const left = rows.filter(({ row }) => fits(row.type, type) && fits(row.commune, commune));
    index.set(key, left);
    return left;
  };
  return {
    table,
    evaluate(facts) {
      const unsure = uncertainPlace(facts);
      if (unsure) return triage(table, null, unsure);
      const single = {
        type: facts.type,
        commune: facts.communes[0] ?? null,
        manager: facts.manager ?? "unknown",
      };
      const hit = candidates(single).find(({ tests }) => tests.every((test) => test(single)));
      return hit ? decide(table, hit.row, single, agglomeration) : triage(table, null, NO_ROW);
    },
  };
}

function compileRow(row: DispatchRow, problems: string[]): Row {
  const tests: Test[] = [];
  for (const column of COLUMNS) {
    const cell = row[column];
    if (cell === undefined) continue;
    const values = literals(cell);
    if (values) {
      if (column !== "manager") continue;
      const accepted = new Set(values);
      tests.push(({ manager }) => accepted.has(manager ?? ""));
    } else if (typeof cell === "object" && "feel" in cell) {
      try {
        const ask = feelUnaryTests(cell.feel, NAMES);
        // FEEL finds null equal to the null of a test that makes no sense: an unknown fact accepts nothing.
        tests.push(remembered((facts) => facts[column] !== null && ask(facts[column], facts)));
      } catch (error) {
        problems.push(`row ${row.id}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
  return { row, tests };
}

/** A FEEL cell's answer depends on the three facts alone, and the same ones come back all day. */
function remembered(test: Test): Test {
  const known = new Map<string, boolean>();
  return (facts) => {
    const key = JSON.stringify([facts.type, facts.commune, facts.manager]);
    const found = known.get(key);
    if (found !== undefined) return found;
    const answer = test(facts);
    if (known.size >= 10_000) known.clear();
    known.set(key, answer);
    return answer;
  };
}

const NO_ROW = {
  fr: "aucune règle ne décide pour ce type et ce lieu",
  en: "no rule decides for this type and place",
};
const NO_COMMUNE = { fr: "la commune n’est pas connue", en: "the municipality isn’t known" };
const BORDER = {
  fr: "la rue est partagée par deux communes : une personne décide",
  en: "two municipalities share the street: a person decides",
};
const UNKNOWN_PLACE = {
  fr: "le lieu exact n’est pas connu : une personne décide",
  en: "the exact place isn’t known: a person decides",
};
const NO_MANAGER = {
  fr: "le gestionnaire de la rue n’est pas connu ou n’est pas public",
  en: "the street’s manager isn’t known, or isn’t public",
};

function uncertainPlace({ communes, precision, manager }: DispatchFacts): Bilingual | null {
  if (precision === "border" || communes.length > 1 || manager === "border") return BORDER;
  return precision === "unknown" ? UNKNOWN_PLACE : null;
}

function triage(table: DispatchTable, row: DispatchRow | null, reason: Bilingual): DispatchDecision {
  return {
    outcome: "triage",
    entity: null,
    partner: null,
    team: row?.team ?? null,
    deadlineDays: null,
    table: table.code,
    tableVersion: table.version,
    rowId: row?.id ?? null,
    reason,
  };
}

function decide(
  table: DispatchTable,
  row: DispatchRow,
  facts: Single,
  agglomeration: string,
): DispatchDecision {
  const to = row.to === "manager" ? (facts.manager ?? "") : row.to;
  const decision = triage(table, row, row.reason);
  const entity = (code: string): DispatchDecision => ({ ...charged, outcome: "entity", entity: code });
  const charged = { ...decision, deadlineDays: row.deadlineDays ?? null };
  if (to === "triage") return decision;
  if (to === "agglomeration") return entity(agglomeration);
  if (to === "commune") return facts.commune ? entity(facts.commune) : triage(table, row, NO_COMMUNE);
  const [kind, code] = to.split(":");
  if (kind === "entity" && code) return entity(code);
  if (kind === "partner" && code) return { ...charged, outcome: "partner", partner: code };
  return triage(table, row, NO_MANAGER);
}
