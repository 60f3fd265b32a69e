import { Problem } from "@interco/platform/problem";
import { hashToken } from "@interco/platform/secrets";
import type { Deps } from "../deps.ts";
import type { Site } from "../sites/site.ts";
import { contactOf } from "./contact.ts";
import { procedureOf } from "./draft-form.ts";
import { type LockedDraft, lockDrafts } from "./draft-repository.ts";
import { readForm } from "./form.ts";
import { composeRequest } from "./new-request.ts";
import { insertRequests, type NewRequest } from "./request-write-repository.ts";

/** Somebody sends a form. */
export interface Sending {
  site: Site;
  slug: string;
  token: string;
  lang: "fr" | "en";
  citizenSub: string | null;
  /** The page said it would be sent with an account. */
  withAccount: boolean;
}

/** Why a form wasn't sent: an answer of `step` doesn't hold, or its author must sign in (again) first. */
export type Unsent = { wrong: string } | "sign-in" | "signed-out";

/**
 * Sends forms of one site: each once, however often it is asked for. Their drafts are locked and read here, so that two
 * sendings of one at the same moment file one request, with the answers as they are and not as a page believed them.
 * Null: it is sent, and nothing can lose it. Rejected: `draft.unknown` (404).
 *
 * This is the only page of a form whose cost counts: one transaction and two trips to PostgreSQL, for all of them.
 */
export async function sendForms(
  deps: Deps,
  site: Site,
  sendings: readonly Sending[],
): Promise<PromiseSettledResult<Unsent | null>[]> {
  // Read before the transaction: inside it, each would ask the pool for a second connection.
  const slugs = [...new Set(sendings.map(({ slug }) => slug))];
  await Promise.all([
    deps.dispatcher.ready(site.entity.id),
    ...slugs.map((slug) => deps.procedures.find(site.entity.id, slug)),
  ]);
  const outcomes = await deps.db.within(
    { site: site.entity.id },
    async (trx) => {
      const hashes = sendings.map(({ token }) => hashToken(token));
      const drafts = await lockDrafts(trx, hashes);
      const found = await Promise.allSettled(
        sendings.map((sending, at) => compose(deps, sending, drafts.get(hashes[at]?.toString("hex") ?? ""))),
      );
      const made = found.flatMap((one) => (one.status === "fulfilled" ? madeOf(one.value) : []));
      if (made.length > 0) await insertRequests(trx, made);
      return found.map((one): PromiseSettledResult<Unsent | null> => {
        if (one.status === "rejected") return one;
        return { status: "fulfilled", value: isMade(one.value) ? null : one.value };
      });
    },
    { planned: true },
  );
  deps.nudge();
  return outcomes;
}

function isMade(outcome: NewRequest | Unsent | null): outcome is NewRequest {
  return typeof outcome === "object" && outcome !== null && "request" in outcome;
}

const madeOf = (outcome: NewRequest | Unsent | null) => (isMade(outcome) ? [outcome] : []);

/** The request a form becomes; null when it has become one already. */
async function compose(
  deps: Deps,
  { site, slug, token, lang, citizenSub, withAccount }: Sending,
  found: LockedDraft | undefined,
): Promise<NewRequest | Unsent | null> {
  if (found?.draft.procedureSlug !== slug) throw new Problem("draft.unknown", { status: 404 });
  const { draft, files } = found;
  if (draft.requestId) return null;
  const procedure = await procedureOf(deps, draft);
  if (!draft.filedFor && !citizenSub) {
    if (procedure.definition.audience === "signed-in") return "sign-in";
    // Its session has ended since: it isn't sent without the account, unasked.
    if (withAccount) return "signed-out";
  }
  const { answers, errors } = readForm(
    { draft, procedure, files },
    { site: site.entity, territory: deps.territory, lang },
  );
  const [wrong] = errors;
  if (wrong) return { wrong: wrong.step };
  return composeRequest(deps, {
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
}
