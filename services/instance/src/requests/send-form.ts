import { Problem } from "@interco/platform/problem";
import { hashToken } from "@interco/platform/secrets";
import type { Deps } from "../deps.ts";
import type { Site } from "../sites/site.ts";
import { contactOf } from "./contact.ts";
import { procedureOf } from "./draft-form.ts";
import { lockDraftWithFiles } from "./draft-repository.ts";
import { readForm } from "./form.ts";
import { submitRequest } from "./submit-request.ts";

/** Why a form wasn't sent: an answer of `step` doesn't hold, or its author must sign in (again) first. */
export type Unsent = { wrong: string } | "sign-in" | "signed-out";

/**
 * Sends a form: once, however often it is asked for. The draft is locked and read here, so that two sendings at the same
 * moment file one request, with the answers as they are and not as a page believed them. Null: it is sent.
 *
 * This is the only page of a form whose cost counts: one transaction, four trips to PostgreSQL.
 */
export async function sendForm(
  deps: Deps,
  options: {
    site: Site;
    slug: string;
    token: string;
    lang: "fr" | "en";
    citizenSub: string | null;
    /** The page said it would be sent with an account. */
    withAccount: boolean;
  },
): Promise<Unsent | null> {
  const { site, slug, token, lang, citizenSub } = options;
  // Read before the transaction: inside it, each would ask the pool for a second connection.
  await Promise.all([deps.dispatcher.ready(site.entity.id), deps.procedures.find(site.entity.id, slug)]);
  const unsent = await deps.db.within({ site: site.entity.id }, async (trx) => {
    const found = await lockDraftWithFiles(trx, hashToken(token));
    if (found?.draft.procedureSlug !== slug) throw new Problem("draft.unknown", { status: 404 });
    const { draft, files } = found;
    if (draft.requestId) return null;
    const procedure = await procedureOf(deps, draft);
    if (!draft.filedFor && !citizenSub) {
      if (procedure.definition.audience === "signed-in") return "sign-in";
      // Its session has ended since: it isn't sent without the account, unasked.
      if (options.withAccount) return "signed-out";
    }
    const { answers, errors } = readForm(
      { procedure, files, typed: draft.typed },
      { site: site.entity, territory: deps.territory, lang },
    );
    const [wrong] = errors;
    if (wrong) return { wrong: wrong.step };
    await submitRequest(trx, deps, {
      site,
      procedure,
      answers,
      contact: contactOf(procedure.compiled, answers),
      citizenSub: draft.filedFor ? null : citizenSub,
      source: draft.filedFor?.source ?? "web",
      filedBy: draft.filedFor?.author ?? null,
      lang,
      draftToken: token,
    });
    return null;
  });
  if (!unsent) deps.nudge();
  return unsent;
}
