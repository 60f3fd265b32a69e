import type { Answer, Field, Place } from "@interco/contracts/procedure";
import { cutText } from "./cut-text.ts";

/** What a form posts: strings, lists of strings; anything else counts as nothing. */
export type RawFields = Readonly<Record<string, unknown>>;

/** Nobody types that much; what is beyond is cut before any work is done on it. */
const HARD_LIMIT = 20_000;
const MANY = 100;
// NUL is refused by PostgreSQL; the others come from pasting out of a PDF and show as squares.
// biome-ignore lint/suspicious/noControlCharactersInRegex: taking them out is the point
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f\u200b\u2028\u2029\ufeff]/g;

/** One string, trimmed, in Unicode NFC, line ends as `\n`, without control characters. Empty: undefined. */
function text(raw: unknown): string | undefined {
  const first = Array.isArray(raw) ? raw[0] : raw;
  if (typeof first !== "string") return undefined;
  const clean = cutText(first, HARD_LIMIT)
    .replace(/\r\n?/g, "\n")
    .replace(INVISIBLE, "")
    .normalize("NFC")
    .trim();
  return clean === "" ? undefined : clean;
}

const line = (raw: unknown) => text(raw)?.replace(/\s+/g, " ");

function list(raw: unknown): string[] | undefined {
  const items = (Array.isArray(raw) ? raw.slice(0, MANY) : [raw]).flatMap((item) => line(item) ?? []);
  return items.length > 0 ? [...new Set(items)] : undefined;
}

/** French numbers as `+33612345678`, others as typed without spaces, dots and dashes. */
function phone(raw: unknown): string | undefined {
  const compact = line(raw)?.replace(/[\s.()\-\u2010-\u2015/]/g, "");
  if (!compact) return undefined;
  return compact.replace(/^00/, "+").replace(/^(?:\+330?|0)([1-9][0-9]{8})$/, "+33$1");
}

function number(raw: unknown): number | string | undefined {
  const typed = line(raw)?.replace(/\s/g, "").replace(",", ".");
  if (typed === undefined) return undefined;
  return /^[+-]?[0-9]+(\.[0-9]+)?$/.test(typed) ? Number(typed) : typed;
}

/** ISO from a date field, or from three boxes or `3/4/2026`, as French writes it. */
function date(key: string, raw: RawFields): string | undefined {
  const boxes = [raw[`${key}.day`], raw[`${key}.month`], raw[`${key}.year`]].map(line);
  const typed = line(raw[key]) ?? (boxes.some(Boolean) ? boxes.map((box) => box ?? "").join("/") : undefined);
  const french = typed && /^([0-9]{1,2})[/. -]([0-9]{1,2})[/. -]([0-9]{4})$/.exec(typed);
  if (!french) return typed;
  const [, day = "", month = "", year = ""] = french;
  return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
}

/** A place as posted, not yet checked; undefined when nothing at all was said. */
function place(key: string, raw: RawFields): Place | undefined {
  const part = (name: string) => line(raw[`${key}.${name}`]);
  const [precision, commune, other, address] = ["precision", "commune", "otherCommune", "address"].map(part);
  const detail = part("detail") ?? null;
  if (!commune && !address && !detail && !precision) return undefined;
  const communes = [commune, precision === "border" ? other : undefined].flatMap((code) => code ?? []);
  return {
    precision: (precision ?? "address") as Place["precision"],
    communes,
    address: address ?? "",
    detail,
  };
}

/** The value of one field as it would be stored, whatever was posted. Undefined: left empty. */
export function fieldValue(field: Field, raw: RawFields): Answer | undefined {
  const posted = raw[field.key];
  switch (field.kind) {
    case "textarea":
      return text(posted);
    case "email":
      return line(posted)?.replace(/\s/g, "");
    case "phone":
      return phone(posted);
    case "number":
      return number(posted);
    case "date":
      return date(field.key, raw);
    case "choices":
    case "photos":
      return list(posted);
    case "checkbox":
      return ["on", "true", "1", "yes"].includes(line(posted) ?? "") ? true : undefined;
    case "place":
      return place(field.key, raw);
    default:
      return line(posted);
  }
}

/** Answers as a form would post them: to fill it again. */
export function toRaw(answers: Readonly<Record<string, Answer>>): Record<string, string | string[]> {
  const raw: Record<string, string | string[]> = {};
  for (const [key, value] of Object.entries(answers)) {
    if (Array.isArray(value)) raw[key] = value;
    else if (typeof value === "object") {
      raw[`${key}.precision`] = value.precision;
      raw[`${key}.commune`] = value.communes[0] ?? "";
      raw[`${key}.otherCommune`] = value.communes[1] ?? "";
      raw[`${key}.address`] = value.address;
      raw[`${key}.detail`] = value.detail ?? "";
    } else raw[key] = value === true ? "on" : String(value);
  }
  return raw;
}
