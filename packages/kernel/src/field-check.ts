import { type Answer, type Field, Place } from "@interco/contracts/procedure";
import { Ajv } from "ajv";
import ajvFormats from "ajv-formats";
import { type TSchema, Type } from "typebox";

// One code for each JSON Schema keyword a value can break. The sentence comes from `form-messages.ts`: what ajv
// itself would say ("must match pattern") tells nobody how to mend.
const CODES = {
  type: "invalid",
  format: "invalid",
  pattern: "invalid",
  enum: "unknown",
  minLength: "too-short",
  maxLength: "too-long",
  minimum: "too-small",
  maximum: "too-large",
  maxItems: "too-many",
  multipleOf: "not-whole",
} as const;

/** What can be wrong with a value. */
export type CheckCode = (typeof CODES)[keyof typeof CODES];

/** The code of what is wrong with a normalised value; undefined when nothing is. */
export type FieldCheck = (value: Answer) => CheckCode | undefined;

const LONGEST: Partial<Record<Field["kind"], number>> = { textarea: 4000, email: 254, phone: 20 };

/** How long a typed answer may be, in characters. */
export function longest(field: Field): number {
  return field.maxLength ?? LONGEST[field.kind] ?? 200;
}

/** The JSON Schema of one answer, as stored. */
function answerSchema(field: Field, types: readonly string[]): TSchema {
  const maxLength = longest(field);
  const options = (field.options ?? []).map(({ value }) => value);
  switch (field.kind) {
    case "text":
    case "textarea":
      return Type.String({
        maxLength,
        ...(field.minLength !== undefined && { minLength: field.minLength }),
        ...(field.pattern !== undefined && { pattern: `^(?:${field.pattern})$` }),
      });
    case "email":
      return Type.String({ maxLength, format: "email", pattern: "@[^@]+\\.[^.@]{2,}$" });
    case "phone":
      return Type.String({ maxLength, pattern: "^(\\+33[1-9][0-9]{8}|\\+(?!33)[1-9][0-9]{5,14})$" });
    case "date":
      return Type.String({ format: "date" });
    case "number":
      return Type.Number({
        ...(field.minimum !== undefined && { minimum: field.minimum }),
        ...(field.maximum !== undefined && { maximum: field.maximum }),
        ...(field.integer && { multipleOf: 1 }),
      });
    case "choice":
      return Type.Enum(options);
    case "type":
      return Type.Enum([...types]);
    case "choices":
      return Type.Array(Type.Enum(options), { uniqueItems: true });
    case "photos":
      return Type.Array(Type.String({ pattern: "^[A-Za-z0-9_-]{1,64}$" }), { maxItems: field.maxFiles ?? 3 });
    case "checkbox":
      return Type.Boolean();
    case "place":
      return Place;
  }
}

const ajv = new Ajv();
ajvFormats.default(ajv, ["email", "date"]);

/** A check of the field's value, its schema compiled when first asked. */
export function fieldCheck(field: Field, types: readonly string[]): FieldCheck {
  let validate: ReturnType<typeof ajv.compile> | undefined;
  return (value) => {
    validate ??= ajv.compile(answerSchema(field, types));
    if (validate(value)) return undefined;
    const keyword = validate.errors?.[0]?.keyword ?? "type";
    return keyword in CODES ? CODES[keyword as keyof typeof CODES] : "invalid";
  };
}
