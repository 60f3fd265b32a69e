import { Problem } from "@interco/platform/problem";
import type { Deps } from "../deps.ts";
import type { Site } from "../sites/site.ts";
import { contactOf } from "./contact.ts";
import { lockDraft } from "./draft-repository.ts";
import { type Form, readForm } from "./form.ts";
import { submitRequest } from "./submit-request.ts";

/**
 * Sends a form: once, however often it is asked for. The draft is locked and read again, so that two sendings at the same
 * moment file one request, with the answers as they are and not as a page believed them.
 */
export async function sendForm(
  deps: Deps,
  options: { site: Site; form: Form; lang: "fr" | "en"; citizenSub: string | null },
): Promise<void> {
  const { site, form, lang } = options;
  await deps.dispatcher.ready(site.entity.id);
  await deps.db.within({ site: site.entity.id }, async (trx) => {
    const draft = await lockDraft(trx, form.draft.hash);
    if (!draft) throw new Problem("draft.unknown", { status: 404 });
    if (draft.requestId) return;
    const { answers, errors } = readForm(
      { ...form, typed: draft.typed },
      { site: site.entity, territory: deps.territory, lang },
    );
    if (errors.length > 0) throw new Problem("input.invalid", { status: 422 });
    await submitRequest(trx, deps, {
      site,
      procedure: form.procedure,
      answers,
      contact: contactOf(form.procedure.compiled, answers),
      citizenSub: draft.filedFor ? null : options.citizenSub,
      source: draft.filedFor?.source ?? "web",
      filedBy: draft.filedFor?.author ?? null,
      lang,
      draftToken: form.token,
    });
  });
  deps.nudge();
}
