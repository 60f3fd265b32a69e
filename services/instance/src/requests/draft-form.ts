import { cutText } from "@interco/kernel/cut-text";
import { Problem } from "@interco/platform/problem";
import { hashToken, newToken } from "@interco/platform/secrets";
import type { Deps } from "../deps.ts";
import type { OfferedProcedure } from "../procedures/procedure-library.ts";
import type { Entity } from "../sites/entity.ts";
import type { Site } from "../sites/site.ts";
import type { Draft, FiledFor, Typed } from "./draft.ts";
import { findDraft, insertDraft } from "./draft-repository.ts";
import { listDraftFiles } from "./file-repository.ts";
import type { Form } from "./form.ts";

/**
 * Begins a form and gives the address of its first page. The commune it comes from fills in the place, for the
 * person to change; an agent who files for somebody passes `filedFor`.
 */
export async function startForm(
  deps: Deps,
  options: {
    site: Site;
    procedure: OfferedProcedure;
    lang: "fr" | "en";
    commune?: Entity | null;
    filedFor?: FiledFor | null;
  },
): Promise<string> {
  const { site, procedure, commune } = options;
  const token = newToken();
  const draft = {
    hash: hashToken(token),
    entity: site.entity.id,
    procedureSlug: procedure.slug,
    procedureVersion: procedure.version,
    typed: commune ? placeTyped(procedure, commune) : {},
    fromCommune: commune?.id ?? null,
    filedFor: options.filedFor ?? null,
    lang: options.lang,
  };
  await deps.db.within({ site: site.entity.id }, (trx) => insertDraft(trx, draft));
  const [first] = procedure.definition.steps;
  return `/demarches/${procedure.slug}/formulaire/${token}/${first?.key ?? ""}`;
}

/** A form by the token of its address. @throws Problem `draft.unknown` (404) once it has expired. */
export async function openForm(deps: Deps, site: Site, slug: string, token: string): Promise<Form> {
  const hash = hashToken(token);
  const found = await deps.db.within({ site: site.entity.id }, async (trx) => {
    const draft = await findDraft(trx, hash);
    return draft && { draft, files: await listDraftFiles(trx, hash) };
  });
  if (found?.draft.procedureSlug !== slug) throw new Problem("draft.unknown", { status: 404 });
  return { token, procedure: await procedureOf(deps, found.draft), ...found };
}

/** The version of the procedure a draft was begun with. */
export async function procedureOf(deps: Pick<Deps, "procedures">, draft: Draft): Promise<OfferedProcedure> {
  const { entity, procedureSlug: slug, procedureVersion: version } = draft;
  const compiled = await deps.procedures.getVersion(entity, slug, version);
  return { entity, slug, version, definition: compiled.definition, compiled };
}

function placeTyped(procedure: OfferedProcedure, commune: Entity): Typed {
  const places = procedure.definition.steps
    .flatMap((step) => step.fields)
    .filter((one) => one.kind === "place");
  return Object.fromEntries(places.map(({ key }) => [`${key}.commune`, commune.code]));
}

/** Keeps of what a page posted the names its questions have; the rest, and what no hand types, is dropped. */
export function typedOf(fields: readonly { key: string; kind: string }[], posted: object): Typed {
  const typed: Typed = {};
  for (const { key, kind } of fields) {
    if (kind === "photos") continue;
    for (const name of [key, ...(PARTS[kind] ?? []).map((part) => `${key}.${part}`)]) {
      const value = (posted as Record<string, unknown>)[name];
      if (typeof value === "string") typed[name] = cutText(value, LONGEST);
      else if (Array.isArray(value))
        typed[name] = value.filter((one) => typeof one === "string").slice(0, MANY);
    }
  }
  return typed;
}

const LONGEST = 20_000;
const MANY = 100;
const PARTS: Record<string, string[]> = {
  place: ["precision", "commune", "otherCommune", "address", "detail"],
  date: ["day", "month", "year"],
};

/** What was typed before, with one page's questions as they are now. */
export function typedAgain(
  before: Typed,
  fields: readonly { key: string; kind: string }[],
  now: Typed,
): Typed {
  const names = new Set(
    fields.flatMap(({ key, kind }) => [key, ...(PARTS[kind] ?? []).map((part) => `${key}.${part}`)]),
  );
  return { ...Object.fromEntries(Object.entries(before).filter(([name]) => !names.has(name))), ...now };
}
