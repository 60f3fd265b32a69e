import type { Answer, Answers, Language } from "@interco/contracts/procedure";
import { addDays, type Day } from "./calendar.ts";
import { fieldValue, type RawFields } from "./field-value.ts";
import { type ErrorCode, fieldMessage } from "./form-messages.ts";
import { completePlace, placeProblems } from "./place-check.ts";
import type { CompiledField, CompiledProcedure, CompiledStep } from "./procedure.ts";
import { dateInWords } from "./words.ts";

export type { RawFields } from "./field-value.ts";
export type { ErrorCode } from "./form-messages.ts";

export interface FormContext {
  /** INSEE codes a place may be in: the territory's, or the one commune of a local procedure. */
  communes?: ReadonlySet<string>;
  /** The day it is in Paris, for dates that must lie ahead or behind. */
  today?: Day;
}

export interface FieldError {
  step: string;
  /** The question's key. */
  field: string;
  /** The name of the input to link to: the key, or `place.address`. */
  name: string;
  code: ErrorCode;
  /** One sentence that says how to mend. */
  message: string;
}

export interface Validation {
  /** Normalised answers of the fields shown; those in error are absent. */
  answers: Answers;
  errors: FieldError[];
}

/** The steps these answers call for, in order. */
export function visibleSteps(procedure: CompiledProcedure, answers: Answers): CompiledStep[] {
  return procedure.steps.filter(({ condition }) => condition === null || condition(answers));
}

/** The questions of a step these answers call for, in order. */
export function visibleFields(step: CompiledStep, answers: Answers): CompiledField[] {
  return step.fields.filter(({ condition }) => condition === null || condition(answers));
}

/**
 * Checks every step as one submission. Unknown names are dropped; text is trimmed and in Unicode NFC; a question
 * or a step its condition hides is neither asked nor kept. Never throws on what is posted.
 */
export function validateAll(
  procedure: CompiledProcedure,
  raw: RawFields,
  lang: Language,
  context: FormContext = {},
): Validation {
  const all: Validation = { answers: {}, errors: [] };
  // Conditions may look at an answer that is refused, so that one mistake doesn't hide the next question.
  const seen: Answers = {};
  for (const step of procedure.steps) {
    if (step.condition !== null && !step.condition(seen)) continue;
    const { answers, errors } = checkStep(step, raw, lang, context, seen);
    Object.assign(all.answers, answers);
    all.errors.push(...errors);
  }
  return all;
}

function checkStep(
  { step, fields }: CompiledStep,
  raw: RawFields,
  lang: Language,
  context: FormContext,
  seen: Answers,
): Validation {
  const answers: Answers = {};
  const errors: FieldError[] = [];
  for (const { field } of fields) delete seen[field.key];
  for (const compiled of fields) {
    const { field, condition } = compiled;
    if (condition !== null && !condition(seen)) continue;
    const value = fieldValue(field, raw);
    if (value !== undefined) seen[field.key] = value;
    const result = checkField(compiled, value, lang, context);
    for (const problem of result.problems) errors.push({ step: step.key, field: field.key, ...problem });
    if (result.problems.length === 0 && result.value !== undefined) answers[field.key] = result.value;
  }
  return { answers, errors };
}

interface Checked {
  value?: Answer | undefined;
  problems: Pick<FieldError, "name" | "code" | "message">[];
}

function checkField(
  { field, check }: CompiledField,
  value: Answer | undefined,
  lang: Language,
  context: FormContext,
): Checked {
  const refuse = (code: ErrorCode, limit?: string, name: string = field.key): Checked => ({
    problems: [{ name, code, message: fieldMessage(field, code, lang, limit) }],
  });
  if (typeof value === "object" && !Array.isArray(value)) {
    const place = completePlace(value, context.communes);
    if (!field.required && place.address === "" && place.detail === null) return { problems: [] };
    const problems = placeProblems(place, lang, context.communes).map(({ part, code, message }) => ({
      name: `${field.key}.${part}`,
      code,
      message,
    }));
    return { value: place, problems };
  }
  if (value === undefined) {
    if (!field.required) return { problems: [] };
    return refuse("required", undefined, field.kind === "place" ? `${field.key}.address` : field.key);
  }
  const wrong = check(value);
  if (wrong) return refuse(wrong);
  if (field.kind === "date" && typeof value === "string" && context.today) {
    const { earliest, latest } = field;
    const first = earliest === undefined ? undefined : addDays(context.today, earliest);
    const last = latest === undefined ? undefined : addDays(context.today, latest);
    if (first && value < first) return refuse("too-early", dateInWords(first, lang));
    if (last && value > last) return refuse("too-late", dateInWords(last, lang));
  }
  return { value, problems: [] };
}
