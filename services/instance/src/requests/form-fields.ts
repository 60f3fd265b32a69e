import type { Field } from "@interco/contracts/procedure";
import type { FieldError } from "@interco/kernel/form";
import type { CompiledProcedure } from "@interco/kernel/procedure";
import { inLanguage } from "../procedures/in-language.ts";
import type { Entity } from "../sites/entity.ts";
import { knownIcon } from "../sites/known-icon.ts";
import type { Typed } from "./draft.ts";
import type { StoredFile } from "./file.ts";

export interface FieldContext {
  lang: "fr" | "en";
  procedure: CompiledProcedure;
  typed: Typed;
  errors: readonly Pick<FieldError, "name" | "message">[];
  communes: readonly Entity[];
  files: readonly StoredFile[];
  /** Where the draft's photos are shown from. */
  filePath: (id: string) => string;
  /** Words of the line that says a place is elsewhere. */
  elsewhere: string;
}

/** What the commune list posts for a place outside the territory: no commune has it, so the form engine says so. */
export const ELSEWHERE = "00000";

/** A question as `field/<kind>` shows it, with what was typed and what is wrong with it. */
export function fieldView(field: Field, context: FieldContext): object {
  const { lang, typed } = context;
  const error = (name: string) => context.errors.find((one) => one.name === name)?.message ?? "";
  const text = (name: string) => [typed[name] ?? ""].flat()[0] ?? "";
  const base = {
    kind: field.kind,
    name: field.key,
    label: inLanguage(field.label, lang),
    hint: inLanguage(field.hint, lang),
    example: inLanguage(field.example, lang),
    error: error(field.key),
    optional: !field.required,
    autocomplete: field.autocomplete ?? "",
    value: text(field.key) as unknown,
  };
  switch (field.kind) {
    case "text":
    case "textarea":
      return { ...base, maxLength: field.maxLength ?? null };
    case "number":
      return { ...base, unit: inLanguage(field.unit, lang) };
    case "choice":
      return { ...base, options: optionsOf(field, lang) };
    case "choices":
      return { ...base, options: optionsOf(field, lang), value: [typed[field.key] ?? []].flat() };
    case "checkbox":
      return { ...base, value: text(field.key) !== "" };
    case "date":
      return { ...base, value: dateBoxes(field.key, text) };
    case "type":
      return { ...base, groups: typeGroups(context, text(field.key)) };
    case "place":
      return { ...base, ...placeView(field.key, context, text, error) };
    case "photos":
      return { ...base, maxFiles: field.maxFiles ?? 3, files: filesView(field.key, context) };
    default:
      return base;
  }
}

const optionsOf = (field: Field, lang: "fr" | "en") =>
  (field.options ?? []).map((option) => ({
    value: option.value,
    label: inLanguage(option.label, lang),
    hint: inLanguage(option.hint, lang),
  }));

function dateBoxes(key: string, text: (name: string) => string) {
  const [, year = "", month = "", day = ""] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text(key)) ?? [];
  return {
    day: text(`${key}.day`) || day,
    month: text(`${key}.month`) || month,
    year: text(`${key}.year`) || year,
  };
}

function typeGroups({ procedure, lang }: FieldContext, value: string) {
  return (procedure.definition.types ?? []).map((group) => ({
    label: inLanguage(group.label, lang),
    icon: knownIcon(group.icon),
    open: group.types.some((type) => type.code === value),
    types: group.types.map((type) => ({
      value: type.code,
      label: inLanguage(type.label, lang),
      hint: inLanguage(type.hint, lang),
    })),
  }));
}

function placeView(
  key: string,
  { communes, elsewhere }: FieldContext,
  text: (name: string) => string,
  error: (name: string) => string,
) {
  const options = communes.map((commune) => ({ value: commune.code, label: commune.name }));
  const only = options.length === 1 ? options[0] : undefined;
  return {
    only: only?.label ?? "",
    communes: only ? options : [...options, { value: ELSEWHERE, label: elsewhere }],
    others: options,
    value: {
      commune: only?.value ?? text(`${key}.commune`),
      precision: text(`${key}.precision`) || "address",
      otherCommune: text(`${key}.otherCommune`),
      address: text(`${key}.address`),
      detail: text(`${key}.detail`),
    },
    errors: {
      commune: error(`${key}.commune`),
      precision: error(`${key}.precision`),
      otherCommune: error(`${key}.otherCommune`),
      address: error(`${key}.address`),
      detail: error(`${key}.detail`),
    },
  };
}

function filesView(key: string, { files, filePath, lang }: FieldContext) {
  const kilobytes = new Intl.NumberFormat(lang === "fr" ? "fr-FR" : "en-GB", { maximumFractionDigits: 0 });
  return files
    .filter((file) => file.field === key)
    .map((file) => ({
      name: file.name,
      detail: `${kilobytes.format(Math.max(1, file.size / 1000))} ${lang === "fr" ? "ko" : "kB"}`,
      href: filePath(file.id),
      removeName: `${key}.remove`,
      removeValue: file.id,
    }));
}
