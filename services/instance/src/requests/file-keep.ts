import { cutText } from "@interco/kernel/cut-text";
import type { Deps } from "../deps.ts";
import type { Site } from "../sites/site.ts";
import type { FileRefusal, StoredFile } from "./file.ts";
import { cleanImage } from "./file-image.ts";
import { insertDraftFile, listDraftFiles, removeDraftFiles } from "./file-repository.ts";
import type { Upload } from "./file-upload.ts";
import type { Form } from "./form.ts";

/** A file that wasn't taken, by the question it was for. */
export interface RefusedFile {
  field: string;
  name: string;
  refusal: FileRefusal;
}

/**
 * Keeps the photos a page sent with its draft, whatever else is wrong on that page, and removes those the person
 * unticked. Returns what the draft holds now, and what wasn't taken and why.
 */
export async function keepUploads(
  deps: Deps,
  site: Site,
  form: Form,
  page: {
    fields: readonly { key: string; kind: string; maxFiles?: number }[];
    uploads: readonly Upload[];
    posted: object;
  },
): Promise<{ files: StoredFile[]; refused: RefusedFile[] }> {
  const scope = { site: site.entity.id };
  const { hash } = form.draft;
  const refused: RefusedFile[] = [];
  for (const { key, kind, maxFiles = 3 } of page.fields) {
    if (kind !== "photos") continue;
    const removed = [(page.posted as Record<string, unknown>)[`${key}.remove`] ?? []].flat();
    const mine = form.files.filter((file) => file.field === key);
    const gone = mine.filter((file) => removed.includes(file.id)).map((file) => file.id);
    if (gone.length > 0) await deps.db.within(scope, (trx) => removeDraftFiles(trx, hash, gone));
    let held = mine.length - gone.length;
    for (const upload of page.uploads.filter((one) => one.field === key)) {
      const name = shortName(upload.name);
      // Asked before any work is done on it.
      const image =
        held >= maxFiles ? "too-many" : upload.bytes === null ? "too-large" : await cleanImage(upload.bytes);
      if (typeof image === "string") {
        refused.push({ field: key, name, refusal: image });
        continue;
      }
      await deps.db.within(scope, (trx) =>
        insertDraftFile(trx, { entity: site.entity.id, draftHash: hash, field: key, name, image }),
      );
      held++;
    }
  }
  const files = await deps.db.within(scope, (trx) => listDraftFiles(trx, hash));
  return { files, refused };
}

/** The name as the person knows it, for the list: no path, no control characters, not for ever. */
function shortName(name: string): string {
  const last = name.split(/[\\/]/).at(-1) ?? "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: taking them out is the point
  const printable = last.replace(/[\u0000-\u001f\u007f]/g, "");
  const clean = printable.toWellFormed().trim();
  return clean.length > 60 ? `${cutText(clean, 57)}…` : clean || "photo";
}
