import type { Answers } from "@interco/contracts/procedure";
import { type Day, parisDay } from "@interco/kernel/calendar";
import { type FieldError, validateAll, visibleSteps } from "@interco/kernel/form";
import type { CompiledProcedure, CompiledStep } from "@interco/kernel/procedure";
import type { OfferedProcedure } from "../procedures/procedure-library.ts";
import type { Entity } from "../sites/entity.ts";
import type { Territory } from "../sites/territory.ts";
import type { Draft, Typed } from "./draft.ts";
import type { StoredFile } from "./file.ts";

/** A form being filled: the draft, what it asks and the photos it holds. */
export interface Form {
  token: string;
  draft: Draft;
  procedure: OfferedProcedure;
  files: StoredFile[];
}

/** What the form engine makes of what was typed. */
export interface Reading {
  typed: Typed;
  answers: Answers;
  errors: FieldError[];
  /** The steps these answers call for. */
  steps: CompiledStep[];
  /** Where its places may be. */
  communes: readonly Entity[];
}

/** What reading needs of a form: who fills it decides what must be answered. */
export interface FormText {
  draft: Pick<Draft, "typed" | "filedFor">;
  procedure: OfferedProcedure;
  files: readonly Pick<StoredFile, "id" | "field">[];
}

/** Reads what was typed: the answers that hold, what is wrong with the others, the steps they call for. */
export function readForm(
  form: FormText,
  options: { site: Entity; territory: Territory; lang: "fr" | "en"; today?: Day },
): Reading {
  const { compiled } = form.procedure;
  const communes = placesOf(form.procedure, options.site, options.territory);
  const typed = { ...form.draft.typed, ...photosTyped(form) };
  const { answers, errors: found } = validateAll(compiled, typed, options.lang, {
    communes: new Set(communes.map((commune) => commune.code)),
    today: options.today ?? parisDay(new Date()),
  });
  // Who has neither address nor phone at the counter is heard all the same: they leave with their number and code.
  const errors = form.draft.filedFor ? found.filter((error) => !asksToReach(compiled, error)) : found;
  return { typed, answers, errors, steps: visibleSteps(compiled, answers), communes };
}

function asksToReach(procedure: CompiledProcedure, { code, field }: FieldError): boolean {
  const kind = procedure.fields.get(field)?.field.kind;
  return code === "required" && (kind === "email" || kind === "phone");
}

/** A commune's own procedure speaks of places in it; the agglomeration's, of the whole territory. */
export function placesOf(
  procedure: Pick<OfferedProcedure, "definition">,
  site: Entity,
  territory: Territory,
): readonly Entity[] {
  return procedure.definition.kind === "local" && site.kind === "commune" ? [site] : territory.communes;
}

/** Photos are what the draft holds, whatever a page posted of them. */
function photosTyped({ procedure, files }: FormText): Typed {
  const typed: Typed = {};
  for (const { field } of procedure.compiled.fields.values())
    if (field.kind === "photos")
      typed[field.key] = files.filter((file) => file.field === field.key).map((file) => file.id);
  return typed;
}

/** Addresses of a form's pages. */
export function formPath({ draft, token }: Pick<Form, "draft" | "token">, page: string): string {
  return `/demarches/${draft.procedureSlug}/formulaire/${token}/${page}`;
}

/** Pages that aren't a step of the procedure. */
export const CHECK_PAGE = "recapitulatif";
export const SEND_PAGE = "envoi";
export const DONE_PAGE = "confirmation";
export const RECEIPT_PAGE = "recu";
export const LATER_PAGE = "plus-tard";
