import { cutText } from "@interco/kernel/cut-text";
import { Problem } from "@interco/platform/problem";
import { hashToken, newToken } from "@interco/platform/secrets";
import type { Deps } from "../deps.ts";
import type { OfferedProcedure } from "../procedures/procedure-library.ts";
import type { Entity } from "../sites/entity.ts";
import type { Site } from "../sites/site.ts";
import { DRAFT_HOURS, type Draft, type FiledFor, type Typed } from "./draft.ts";
import { findDraft, insertDraft } from "./draft-repository.ts";
import { listDraftFiles } from "./file-repository.ts";
import { type Form, formPath } from "./form.ts";

/** Somebody begins a form; an agent who files for somebody says so with `filedFor`. */
interface Beginning {
  site: Site;
  procedure: OfferedProcedure;
  lang: "fr" | "en";
  /** The commune whose site led here. */
  commune?: Entity | null;
  filedFor?: FiledFor | null;
}

/** Begins a form and gives the address of its first page. The commune it comes from fills in the place, for the person to change. */
export async function startForm(deps: Deps, beginning: Beginning): Promise<string> {
  const { procedure, commune } = beginning;
  const form = await beginForm(deps, beginning, commune ? placeTyped(procedure, commune) : {});
  return formPath(form, procedure.definition.steps[0]?.key ?? "");
}

/** Begins a form with answers that are there already. */
export async function beginForm(
  deps: Deps,
  { site, procedure, lang, commune, filedFor }: Beginning,
  typed: Typed,
): Promise<Form> {
  const token = newToken();
  const draft: Draft = {
    hash: hashToken(token),
    entity: site.entity.id,
    procedureSlug: procedure.slug,
    procedureVersion: procedure.version,
    typed,
    fromCommune: commune?.id ?? null,
    filedFor: filedFor ?? null,
    lang,
    requestId: null,
    trackingSealed: null,
    expiresAt: new Date(Date.now() + DRAFT_HOURS * 3_600_000),
  };
  await deps.db.within({ site: site.entity.id }, (trx) => insertDraft(trx, draft));
  return { token, procedure, draft, files: [] };
}

/** A form by the token of its address. @throws Problem `draft.unknown` (404) once it has expired. */
export async function openForm(deps: Deps, site: Site, slug: string, token: string): Promise<Form> {
  const form = await findForm(deps, site, slug, token);
  if (!form) throw new Problem("draft.unknown", { status: 404 });
  return form;
}

/** The same, undefined once it has expired. */
export async function findForm(
  deps: Deps,
  site: Site,
  slug: string,
  token: string,
): Promise<Form | undefined> {
  const hash = hashToken(token);
  const found = await deps.db.within({ site: site.entity.id }, async (trx) => {
    const draft = await findDraft(trx, hash);
    return draft && { draft, files: await listDraftFiles(trx, hash) };
  });
  if (found?.draft.procedureSlug !== slug) return undefined;
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
      if (typeof value === "string") typed[name] = plain(value, LONGEST);
      else if (Array.isArray(value))
        typed[name] = value
          .filter((one) => typeof one === "string")
          .slice(0, MANY)
          .map((one) => plain(one, LONGEST_CHOICE));
    }
  }
  return typed;
}

// Kept as it was typed, but for what PostgreSQL can't hold.
const plain = (text: string, length: number) => cutText(text, length).replaceAll("\0", "").toWellFormed();
const LONGEST = 20_000;
/** What is posted several times under one name are choices of a list, or copies of one question. */
const LONGEST_CHOICE = 300;
const MANY = 100;
/** All of a draft: beyond what any procedure asks, and little enough for anybody's thousand drafts. */
const LARGEST = 256 * 1024;
const PARTS: Record<string, string[]> = {
  place: ["precision", "commune", "otherCommune", "address", "detail"],
  date: ["day", "month", "year"],
};

/** What was typed before, with one page's questions as they are now. @throws Problem `input.too-large` (413) */
export function typedAgain(
  before: Typed,
  fields: readonly { key: string; kind: string }[],
  now: Typed,
): Typed {
  const names = new Set(
    fields.flatMap(({ key, kind }) => [key, ...(PARTS[kind] ?? []).map((part) => `${key}.${part}`)]),
  );
  const typed = {
    ...Object.fromEntries(Object.entries(before).filter(([name]) => !names.has(name))),
    ...now,
  };
  if (JSON.stringify(typed).length > LARGEST) throw new Problem("input.too-large", { status: 413 });
  return typed;
}
