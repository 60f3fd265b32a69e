import {
  type Field,
  ProcedureDefinition,
  type ReportType,
  type ReportTypeGroup,
  type Status,
  type Step,
} from "@interco/contracts/procedure";
import { Errors } from "typebox/value";
import { type Condition, compileCondition } from "./condition.ts";
import { type FieldCheck, fieldCheck } from "./field-check.ts";

export class DefinitionError extends Error {
  readonly problems: string[];

  constructor(what: string, problems: string[]) {
    super(`${what}: ${problems.join("; ")}`);
    this.name = "DefinitionError";
    this.problems = problems;
  }
}

export interface CompiledField {
  field: Field;
  step: string;
  condition: Condition | null;
  /** JSON Schema check of a normalised value, compiled at first use. */
  check: FieldCheck;
}

export interface CompiledStep {
  step: Step;
  condition: Condition | null;
  fields: CompiledField[];
}

/** A definition made ready to ask, step by step. Keep it, or let `compileProcedure` find it again. */
export interface CompiledProcedure {
  definition: ProcedureDefinition;
  steps: CompiledStep[];
  fields: ReadonlyMap<string, CompiledField>;
  types: ReadonlyMap<string, { group: ReportTypeGroup; type: ReportType }>;
}

const byObject = new WeakMap<ProcedureDefinition, CompiledProcedure>();
const byContent = new Map<string, CompiledProcedure>();

/**
 * Compiles a definition, once for the same object or the same content.
 * @throws DefinitionError when it doesn't hold together (see `checkDefinition`)
 */
export function compileProcedure(definition: ProcedureDefinition): CompiledProcedure {
  const same = byObject.get(definition);
  if (same) return same;
  const content = JSON.stringify(definition);
  const compiled = byContent.get(content) ?? compile(definition);
  if (byContent.size >= 500) byContent.clear();
  byContent.set(content, compiled);
  byObject.set(definition, compiled);
  return compiled;
}

/**
 * `value` as a definition, when its shape is right and it holds together: keys told apart, conditions readable,
 * every status reachable, every action between statuses there are.
 * @throws DefinitionError listing every problem, to be shown to who edits it
 */
export function checkDefinition(value: unknown): ProcedureDefinition {
  const problems = Errors(ProcedureDefinition, value).map(
    ({ instancePath, message }) => `${instancePath || "/"} ${message}`,
  );
  if (problems.length > 0) throw new DefinitionError("procedure", problems);
  const definition = value as ProcedureDefinition;
  compileProcedure(definition);
  return definition;
}

function compile(definition: ProcedureDefinition): CompiledProcedure {
  const problems = [
    ...fieldProblems(definition),
    ...titleProblems(definition),
    ...workflowProblems(definition),
  ];
  const keys = definition.steps.flatMap(({ fields }) => fields.map(({ key }) => key));
  const condition = (expression: string | undefined): Condition | null => {
    if (expression === undefined) return null;
    try {
      return compileCondition(expression, keys);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
      return null;
    }
  };
  const types = new Map(
    (definition.types ?? []).flatMap((group) =>
      group.types.map((type) => [type.code, { group, type }] as const),
    ),
  );
  const steps = definition.steps.map((step) => ({
    step,
    condition: condition(step.condition),
    fields: step.fields.map((field) => ({
      field,
      step: step.key,
      condition: condition(field.condition),
      check: fieldCheck(field, [...types.keys()]),
    })),
  }));
  for (const action of definition.workflow.actions) condition(action.condition);
  if (problems.length > 0) throw new DefinitionError(`procedure ${definition.slug}`, problems);
  const fields = new Map(
    steps.flatMap((step) => step.fields.map((field) => [field.field.key, field] as const)),
  );
  return { definition, steps, fields, types };
}

function* fieldProblems({ steps, types }: ProcedureDefinition): Generator<string> {
  const codes = (types ?? []).flatMap((group) => group.types.map(({ code }) => code));
  yield* repeated("type", codes);
  yield* repeated(
    "step",
    steps.map(({ key }) => key),
  );
  const fields = steps.flatMap((step) => step.fields);
  yield* repeated(
    "field",
    fields.map(({ key }) => key),
  );
  for (const { key, kind, options, pattern } of fields) {
    if ((kind === "choice" || kind === "choices") && !options) yield `field ${key} offers nothing to choose`;
    if (kind === "type" && codes.length === 0) yield `field ${key} asks for a type, and there is none`;
    if (pattern !== undefined && !readable(pattern))
      yield `field ${key}: ${pattern} isn't a regular expression`;
    if (options)
      yield* repeated(
        `option of ${key}`,
        options.map(({ value }) => value),
      );
  }
}

/**
 * A title is in every list, in the events between instances and in the subject of mails: it can't say who asks. Nor can a shared
 * procedure's hold what was written freely: it reaches every entity concerned, the answers don't.
 */
function* titleProblems({ kind: reach, steps, requestTitle }: ProcedureDefinition): Generator<string> {
  const shown = new Set(`${requestTitle.fr} ${requestTitle.en}`.match(/\{[a-zA-Z0-9]+\}/g));
  for (const { key, kind, autocomplete } of steps.flatMap((step) => step.fields)) {
    const personal = kind === "email" || kind === "phone" || autocomplete !== undefined;
    if (!shown.has(`{${key}}`)) continue;
    if (personal) yield `requestTitle shows ${key}, which says who asks`;
    else if (reach === "shared" && (kind === "text" || kind === "textarea"))
      yield `requestTitle shows ${key}, which is written freely`;
  }
}

function* workflowProblems({ workflow }: ProcedureDefinition): Generator<string> {
  const codes = new Set(workflow.statuses.map(({ code }) => code));
  yield* repeated(
    "status",
    workflow.statuses.map(({ code }) => code),
  );
  yield* repeated(
    "action",
    workflow.actions.map(({ code }) => code),
  );
  if (!codes.has(workflow.initial)) yield `initial status ${workflow.initial} doesn't exist`;
  for (const { code, from, to } of workflow.actions) {
    for (const status of [...from, to]) if (!codes.has(status)) yield `action ${code}: no status ${status}`;
  }
  const reached = new Set([workflow.initial]);
  for (let size = 0; size < reached.size; ) {
    size = reached.size;
    for (const { from, to } of workflow.actions)
      if (from.some((status) => reached.has(status))) reached.add(to);
  }
  for (const { code } of workflow.statuses) if (!reached.has(code)) yield `status ${code} can't be reached`;
  if (!workflow.statuses.some(({ kind }) => kind === "closed")) yield "no status closes a request";
}

function* repeated(what: string, values: string[]): Generator<string> {
  for (const value of new Set(values.filter((value, index) => values.indexOf(value) !== index))) {
    yield `${what} ${value} is there twice`;
  }
}

function readable(pattern: string): boolean {
  try {
    new RegExp(pattern, "u");
    return true;
  } catch {
    return false;
  }
}

/**
 * A status of the procedure.
 * @throws RangeError when it has none of that code
 */
export function getStatus(definition: ProcedureDefinition, code: string): Status {
  const status = definition.workflow.statuses.find((candidate) => candidate.code === code);
  if (!status) throw new RangeError(`${definition.slug} has no status ${code}`);
  return status;
}

/** A report type with its group, if the procedure has one of that code. */
export function findType(
  definition: ProcedureDefinition,
  code: string,
): { group: ReportTypeGroup; type: ReportType } | undefined {
  return compileProcedure(definition).types.get(code);
}
