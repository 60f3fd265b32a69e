import type { Answer, Answers, Field, Language, Place } from "@interco/contracts/procedure";
import { visibleFields, visibleSteps } from "./form.ts";
import type { CompiledProcedure } from "./procedure.ts";
import { dateInWords } from "./words.ts";

/** The name of the commune of an INSEE code, where it has one. */
export type NameOfCommune = (code: string) => string | undefined;

/** One answer as people read it, with what a "change" link needs. */
export interface AnsweredField {
  step: string;
  key: string;
  kind: Field["kind"];
  label: string;
  /** Lines of text; empty when the question was left empty. */
  lines: string[];
  /** Identifiers of files, for photos. */
  files: string[];
}

const NOT_SAID = { fr: "commune à préciser", en: "municipality to be confirmed" };
const BETWEEN = { fr: ["entre", "et"], en: ["between", "and"] } as const;

/** A place in one line: `12 rue du Fort, Woippy`; a border street names both communes. */
export function placeInWords({ address, communes }: Place, lang: Language, nameOf: NameOfCommune): string {
  const [one, other] = communes.map((code) => nameOf(code) ?? code);
  const [between, and] = BETWEEN[lang];
  const where = one && other ? `${between} ${one} ${and} ${other}` : (one ?? NOT_SAID[lang]);
  return address ? `${address}, ${where}` : where;
}

function phoneInWords(phone: string): string {
  const french = /^\+33([0-9])((?:[0-9]{2}){4})$/.exec(phone);
  return french ? `0${french[1]} ${french[2]?.match(/../g)?.join(" ")}` : phone;
}

/** An answer in one line. */
export function answerInWords(
  procedure: CompiledProcedure,
  field: Field,
  value: Answer,
  lang: Language,
  nameOf: NameOfCommune,
): string {
  const option = (code: string) => field.options?.find((one) => one.value === code)?.label[lang] ?? code;
  if (typeof value === "boolean")
    return value ? (lang === "fr" ? "Oui" : "Yes") : lang === "fr" ? "Non" : "No";
  if (typeof value === "number") {
    const figure = new Intl.NumberFormat(lang === "fr" ? "fr-FR" : "en-GB").format(value);
    return field.unit ? `${figure} ${field.unit[lang]}` : figure;
  }
  if (Array.isArray(value))
    return field.kind === "choices" ? value.map(option).join(", ") : String(value.length);
  if (typeof value === "object") return placeInWords(value, lang, nameOf);
  switch (field.kind) {
    case "choice":
      return option(value);
    case "type":
      return procedure.types.get(value)?.type.label[lang] ?? value;
    case "date":
      return dateInWords(value, lang);
    case "phone":
      return phoneInWords(value);
    default:
      return value;
  }
}

/** Every question these answers call for, with its answer: for check-your-answers pages, mails and agents. */
export function describeAnswers(
  procedure: CompiledProcedure,
  answers: Answers,
  lang: Language,
  nameOf: NameOfCommune,
): AnsweredField[] {
  return visibleSteps(procedure, answers).flatMap((step) =>
    visibleFields(step, answers).map(({ field }) => {
      const value = answers[field.key];
      const base = { step: step.step.key, key: field.key, kind: field.kind, label: field.label[lang] };
      if (value === undefined) return { ...base, lines: [], files: [] };
      if (field.kind === "photos" && Array.isArray(value)) return { ...base, lines: [], files: value };
      const words = answerInWords(procedure, field, value, lang, nameOf);
      const lines = field.kind === "textarea" ? words.split("\n") : [words];
      if (typeof value === "object" && !Array.isArray(value) && value.detail) lines.push(value.detail);
      return { ...base, lines, files: [] };
    }),
  );
}
