import { describeAnswers } from "@interco/kernel/answers";
import { Batcher } from "@interco/platform/batcher";
import { isUuid } from "@interco/platform/ids";
import { Problem } from "@interco/platform/problem";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { App, Deps } from "../deps.ts";
import { page } from "../page.ts";
import { citizenOf, isProfessional, siteOf } from "../request-context.ts";
import { asOneself } from "../sign-in/as-oneself.ts";
import { openForm } from "./draft-form.ts";
import { sendFile } from "./file-answer.ts";
import { findFile } from "./file-repository.ts";
import { CHECK_PAGE, DONE_PAGE, type Form, formPath, type Reading, SEND_PAGE } from "./form.ts";
import { whoWillFollow } from "./form-in-charge.ts";
import { LIMITS } from "./form-limits.ts";
import { leaves, readFor } from "./form-page.ts";
import { comesFrom } from "./form-step-page.ts";
import { type Sending, sendForms, type Unsent } from "./send-form.ts";

const FormParams = Type.Object({ slug: Type.String(), token: Type.String() });

/** A storm brings hundreds of reports a minute: those sent while others are being written share the next transaction. */
const TOGETHER = { atMost: 32, underWay: 1 };

/** The check of all answers before sending, the sending, and a draft's own photos. */
export function registerSending(app: App, deps: Deps): void {
  const sender = new Batcher<Sending, Unsent | null>({
    ...TOGETHER,
    groupOf: ({ site }) => site.entity.id,
    identityOf: ({ token }) => token,
    work: async (sendings) => {
      const [first] = sendings;
      return first ? sendForms(deps, first.site, sendings) : [];
    },
  });

  app.get(
    `/demarches/:slug/formulaire/:token/${CHECK_PAGE}`,
    { config: { auth: "public" }, schema: { params: FormParams } },
    async (request, reply) => {
      const form = await openForm(deps, siteOf(request), request.params.slug, request.params.token);
      const away = leaves(request, form);
      if (away) return reply.redirect(away, 303);
      const reading = readFor(deps, request, form);
      const [wrong] = reading.errors;
      if (wrong) return reply.redirect(`${formPath(form, wrong.step)}?erreurs=1`, 303);
      return showCheck(deps, request, reply, form, reading, "");
    },
  );

  // Where the address of a sending is opened again, by the back button or after a sign-in.
  app.get(
    `/demarches/:slug/formulaire/:token/${SEND_PAGE}`,
    { config: { auth: "public" }, schema: { params: FormParams } },
    async (request, reply) =>
      reply.redirect(
        `/demarches/${request.params.slug}/formulaire/${request.params.token}/${CHECK_PAGE}`,
        303,
      ),
  );

  app.post(
    `/demarches/:slug/formulaire/:token/${SEND_PAGE}`,
    {
      config: { auth: "public", csrf: "handled", rateLimit: LIMITS.sent },
      schema: {
        params: FormParams,
        body: Type.Object({ account: Type.Optional(Type.String()) }, { additionalProperties: true }),
      },
    },
    async (request, reply) => {
      const { slug, token } = request.params;
      const path = (name: string) => `/demarches/${slug}/formulaire/${token}/${name}`;
      if (request.csrfFailed) return showAgain(deps, request, reply, request.params, "requests.form.expired");
      const unsent = await sender.do({
        site: siteOf(request),
        slug,
        token,
        lang: request.lang,
        citizenSub: citizenOf(request)?.sub ?? null,
        withAccount: Boolean(request.body.account),
      });
      if (unsent === null) return reply.redirect(path(DONE_PAGE), 303);
      if (unsent === "sign-in") return reply.redirect(asOneself(path(CHECK_PAGE)), 303);
      if (unsent === "signed-out")
        return showAgain(deps, request, reply, request.params, "requests.check.signed-out");
      return reply.redirect(`${path(unsent.wrong)}?erreurs=1`, 303);
    },
  );

  app.get(
    "/demarches/:slug/formulaire/:token/fichiers/:id",
    {
      config: { auth: "public" },
      schema: { params: Type.Object({ slug: Type.String(), token: Type.String(), id: Type.String() }) },
    },
    async (request, reply) => {
      const site = siteOf(request);
      const form = await openForm(deps, site, request.params.slug, request.params.token);
      const { id } = request.params;
      const file = isUuid(id)
        ? await deps.db.within({ site: site.entity.id }, (trx) =>
            findFile(trx, id, { draftHash: form.draft.hash }),
          )
        : undefined;
      if (!file) throw new Problem("file.unknown", { status: 404 });
      return sendFile(reply, file);
    },
  );
}

/** The check page again, where sending must be asked for once more, and why. */
async function showAgain(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { slug, token }: { slug: string; token: string },
  why: string,
): Promise<FastifyReply> {
  const form = await openForm(deps, siteOf(request), slug, token);
  const away = leaves(request, form);
  if (away) return reply.redirect(away, 303);
  const reading = readFor(deps, request, form);
  const [wrong] = reading.errors;
  if (wrong) return reply.redirect(`${formPath(form, wrong.step)}?erreurs=1`, 303);
  return showCheck(deps, request, reply, form, reading, deps.renderer.translate(request.lang, why));
}

async function showCheck(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  form: Form,
  reading: Reading,
  notice: string,
): Promise<FastifyReply> {
  const { lang } = request;
  const site = siteOf(request);
  const { definition, compiled } = form.procedure;
  const t = (key: string, params?: Record<string, string | number>) =>
    deps.renderer.translate(lang, key, params);
  const described = describeAnswers(
    compiled,
    reading.answers,
    lang,
    (code) => deps.territory.findByCode(code)?.name,
  );
  const change = (step: string) => `${formPath(form, step)}?retour=${CHECK_PAGE}`;
  const last = reading.steps.at(-1);
  return page(
    deps,
    request,
    reply,
    "requests/form-check",
    {
      title: t("requests.check.title"),
      procedure: definition.title[lang],
      procedureHref: `/demarches/${definition.slug}`,
      step: reading.steps.length + 1,
      of: reading.steps.length + 1,
      notice,
      groups: reading.steps.map(({ step }) => ({
        title: step.title[lang],
        facts: described
          .filter((answer) => answer.step === step.key)
          .map((answer) => ({
            term: answer.label,
            text:
              answer.files.length > 0
                ? t("requests.photos", { count: answer.files.length })
                : answer.lines.join("\n") || t("requests.check.empty"),
            href: "",
            change: change(step.key),
          })),
      })),
      photos: form.files.map((file) => ({ href: formPath(form, `fichiers/${file.id}`), name: file.name })),
      send: formPath(form, SEND_PAGE),
      account: form.draft.filedFor ? "" : (citizenOf(request)?.claims.name ?? ""),
      signInHref: asOneself(formPath(form, CHECK_PAGE)),
      professional: isProfessional(request) && !form.draft.filedFor ? t("requests.form.professional") : "",
      anonymous: !form.draft.filedFor && !request.session,
      back: last ? formPath(form, last.step.key) : "",
      report: definition.types !== undefined,
      shared: definition.kind === "shared",
      follower: await whoWillFollow(deps, site.entity, form.procedure, reading.answers, lang),
    },
    { status: notice ? 422 : 200, from: comesFrom(deps, form) },
  );
}
