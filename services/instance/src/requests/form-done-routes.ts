import { showTrackingCode } from "@interco/kernel/tracking-code";
import { daysInWords } from "@interco/kernel/words";
import { Problem } from "@interco/platform/problem";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { App, Deps } from "../deps.ts";
import { page } from "../page.ts";
import { citizenOf, siteOf } from "../request-context.ts";
import { asOneself, asSomebodyElse } from "../sign-in/as-oneself.ts";
import { openFollowing } from "../sign-in/follow-session.ts";
import { openForm } from "./draft-form.ts";
import { followerOf } from "./follower.ts";
import { CHECK_PAGE, DONE_PAGE, type Form, formPath, RECEIPT_PAGE } from "./form.ts";
import { comesFrom } from "./form-step-page.ts";
import type { Request } from "./request.ts";
import { findRequestById } from "./request-repository.ts";
import { nextSentences } from "./request-words.ts";
import { openForDraft, storedTracking } from "./tracking.ts";

const FormParams = Type.Object({ slug: Type.String(), token: Type.String() });

/** The confirmation, and the receipt to print: as often as the draft's address is asked for, until it expires. */
export function registerConfirmation(app: App, deps: Deps): void {
  app.get(
    `/demarches/:slug/formulaire/:token/${DONE_PAGE}`,
    { config: { auth: "public" }, schema: { params: FormParams } },
    (request, reply) =>
      whenSent(deps, request, reply, request.params, async (form, sent) => {
        const { number, citizenSub } = sent.request;
        // Who files for somebody hands the code over, and follows by the backoffice; who has an account follows by it.
        if (!form.draft.filedFor && !citizenSub)
          openFollowing(deps, siteOf(request), reply, { number, tracking: sent.tracking });
        const context = await doneContext(deps, request, form, sent);
        return page(deps, request, reply, "requests/form-done", context, { from: comesFrom(deps, form) });
      }),
  );

  app.get(
    `/demarches/:slug/formulaire/:token/${RECEIPT_PAGE}`,
    { config: { auth: "public" }, schema: { params: FormParams } },
    (request, reply) =>
      whenSent(deps, request, reply, request.params, async (form, sent) =>
        page(deps, request, reply, "requests/receipt", await doneContext(deps, request, form, sent)),
      ),
  );
}

/**
 * Shows what a form became; before it is sent, its check page. Where its author was signed in and is no more, they sign in first:
 * on a shared computer the address of a confirmation, still in the history, gives neither number nor code.
 */
async function whenSent(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { slug, token }: { slug: string; token: string },
  show: (form: Form, sent: Sent) => Promise<FastifyReply>,
): Promise<FastifyReply> {
  const form = await openForm(deps, siteOf(request), slug, token);
  if (!form.draft.requestId) return reply.redirect(formPath(form, CHECK_PAGE), 303);
  const sent = await findSent(deps, request, form);
  const { citizenSub } = sent.request;
  const citizen = citizenOf(request);
  if (citizenSub && citizen?.sub !== citizenSub)
    return reply.redirect(citizen ? asSomebodyElse(request.url) : asOneself(request.url), 303);
  return show(form, sent);
}

interface Sent {
  request: Request;
  code: string;
  tracking: string;
}

/** The request a draft became, read by its tracking code: the draft's token gives that and nothing more. */
async function findSent(deps: Deps, request: FastifyRequest, form: Form): Promise<Sent> {
  const { requestId, trackingSealed } = form.draft;
  if (!requestId || !trackingSealed) throw new Problem("draft.unknown", { status: 404 });
  const code = openForDraft(form.token, trackingSealed, requestId);
  const tracking = storedTracking(siteOf(request).hosted.trackingKey, code)?.toString("hex");
  const found = tracking && (await deps.db.within({ tracking }, (trx) => findRequestById(trx, requestId)));
  if (!tracking || !found) throw new Problem("draft.unknown", { status: 404 });
  return { request: found, code, tracking };
}

async function doneContext(deps: Deps, request: FastifyRequest, form: Form, sent: Sent): Promise<object> {
  const { lang } = request;
  const filed = sent.request;
  const { definition } = form.procedure;
  const t = (key: string, params?: Record<string, string | number>) =>
    deps.renderer.translate(lang, key, params);
  const site = siteOf(request);
  return {
    title: t("requests.done.title"),
    number: filed.number,
    requestTitle: filed.title[lang],
    procedure: definition.title[lang],
    receivedAt: filed.receivedAt,
    keep: [
      { term: t("requests.done.number"), text: filed.number },
      { term: t("requests.done.code"), text: showTrackingCode(sent.code) },
    ],
    next: nextSentences(deps, filed, definition, [], lang),
    email: filed.contact?.email ?? "",
    // Said where somebody else is in charge: a town hall in charge needn't be told.
    townHall: definition.kind === "shared" && !filed.communes.includes(filed.inCharge ?? ""),
    followHref: form.draft.filedFor ? "" : `/demandes/${filed.number}`,
    followAddress: `${site.origin}/suivi`,
    receiptHref: formPath(form, RECEIPT_PAGE),
    doneHref: formPath(form, DONE_PAGE),
    agent: form.draft.filedFor ? `/backoffice/demandes/${filed.number}` : "",
    owner: site.entity.fullName,
    follower: await followerOf(
      deps,
      {
        ...filed,
        owner: site.entity.id,
        delay: filed.deadlineDays ? daysInWords(filed.deadlineDays, lang, "working-days") : "",
      },
      lang,
    ),
  };
}
