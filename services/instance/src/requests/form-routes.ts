import { visibleFields } from "@interco/kernel/form";
import { Problem } from "@interco/platform/problem";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import type { App, Deps } from "../deps.ts";
import { page } from "../page.ts";
import { findCommune } from "../procedures/commune-parameter.ts";
import { siteOf } from "../request-context.ts";
import { beginForm, findForm, openForm, startForm, typedAgain, typedOf } from "./draft-form.ts";
import { keepTyped } from "./draft-repository.ts";
import { keepUploads, type RefusedFile } from "./file-keep.ts";
import { takeUploads } from "./file-upload.ts";
import { CHECK_PAGE, DONE_PAGE, type Form, formPath, LATER_PAGE, type Reading } from "./form.ts";
import { LIMITS } from "./form-limits.ts";
import { leaves, readFor } from "./form-page.ts";
import { comesFrom, pageAfter, showStep } from "./form-step-page.ts";

const FormParams = Type.Object({ slug: Type.String(), token: Type.String() });
const StepParams = Type.Object({ slug: Type.String(), token: Type.String(), step: Type.String() });
const StepQuery = Type.Object({
  retour: Type.Optional(Type.String()),
  erreurs: Type.Optional(Type.String()),
  repris: Type.Optional(Type.String()),
});
const Posted = Type.Object({}, { additionalProperties: true });
const PUBLIC = { auth: "public" } as const;
const FORM = { auth: "public", csrf: "handled", rateLimit: LIMITS.step } as const;

/** A form's steps: one page each, posted, kept, and followed by a redirect to the next. */
export function registerForms(app: App, deps: Deps): void {
  app.post(
    "/demarches/:slug/formulaire",
    {
      config: { ...PUBLIC, csrf: "handled", rateLimit: LIMITS.begun },
      schema: { params: Type.Object({ slug: Type.String() }), body: Posted },
    },
    async (request, reply) => {
      const site = siteOf(request);
      const { slug } = request.params;
      const procedure = await deps.procedures.find(site.entity.id, slug);
      if (!procedure) throw new Problem("procedure.unknown", { status: 404 });
      const { commune: code } = request.body as { commune?: unknown };
      // Nothing was typed yet: its page again, whose button works now.
      if (request.csrfFailed) {
        const query = typeof code === "string" && code ? `?commune=${encodeURIComponent(code)}` : "";
        return reply.redirect(`/demarches/${encodeURIComponent(slug)}${query}`, 303);
      }
      const commune = findCommune(deps.territory, typeof code === "string" && code ? code : undefined);
      const first = await startForm(deps, { site, procedure, lang: request.lang, commune });
      return reply.redirect(first, 303);
    },
  );

  app.get(
    "/demarches/:slug/formulaire/:token/:step",
    { config: PUBLIC, schema: { params: StepParams, querystring: StepQuery } },
    async (request, reply) => {
      const form = await openForm(deps, siteOf(request), request.params.slug, request.params.token);
      const away = leaves(request, form);
      if (away) return reply.redirect(away, 303);
      const reading = readFor(deps, request, form);
      const step = getStep(form, request.params.step);
      const errors = request.query.erreurs ? errorsOf(reading, request.params.step) : [];
      const notice = request.query.repris ? translated(deps, request, "requests.form.begun-again") : "";
      return showStep(deps, request, reply, form, reading, { step, errors, notice });
    },
  );

  app.get(
    `/demarches/:slug/formulaire/:token/${LATER_PAGE}`,
    {
      config: PUBLIC,
      schema: { params: FormParams, querystring: Type.Object({ etape: Type.Optional(Type.String()) }) },
    },
    async (request, reply) => {
      const site = siteOf(request);
      const form = await openForm(deps, site, request.params.slug, request.params.token);
      const step = form.procedure.definition.steps.find(({ key }) => key === request.query.etape);
      const path = formPath(form, step?.key ?? CHECK_PAGE);
      return page(
        deps,
        request,
        reply,
        "requests/form-later",
        {
          procedure: form.procedure.definition.title[request.lang],
          until: form.draft.expiresAt,
          href: path,
          address: `${site.origin}${path}`,
        },
        { from: comesFrom(deps, form) },
      );
    },
  );

  app.register(async (scope) => {
    await takeUploads(scope as unknown as App);
    scope.post<{ Params: Static<typeof StepParams>; Querystring: Static<typeof StepQuery>; Body: object }>(
      "/demarches/:slug/formulaire/:token/:step",
      { config: FORM, schema: { params: StepParams, querystring: StepQuery, body: Posted } },
      (request, reply) => postStep(deps, request, reply, request.params, request.query.retour === CHECK_PAGE),
    );
  });
}

async function postStep(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  params: Static<typeof StepParams>,
  backToCheck: boolean,
): Promise<FastifyReply> {
  const site = siteOf(request);
  const posted = request.body as Record<string, unknown>;
  let form = await findForm(deps, site, params.slug, params.token);
  if (!form) return beginAgain(deps, request, reply, params);
  if (form.draft.requestId) return reply.redirect(formPath(form, DONE_PAGE), 303);
  const step = getStep(form, params.step);
  const fields = step.fields.map(({ field }) => field);
  const { files, refused } = await keepUploads(deps, site, form, {
    fields,
    uploads: request.uploads,
    posted,
  });
  const typed = typedAgain(form.draft.typed, fields, typedOf(fields, posted));
  form = { ...form, files, draft: { ...form.draft, typed } };
  const reading = readFor(deps, request, form);
  const { notice } = request.csrfFailed ? { notice: translated(deps, request, "requests.form.expired") } : {};
  if (notice)
    return showStep(deps, request, reply, form, reading, {
      step,
      errors: refusals(deps, request, refused),
      notice,
      status: 422,
    });
  await deps.db.within({ site: site.entity.id }, (trx) => keepTyped(trx, form.draft.hash, typed));
  const away = leaves(request, form);
  if (away) return reply.redirect(away, 303);
  if (posted.action === "later")
    return reply.redirect(`${formPath(form, LATER_PAGE)}?etape=${step.step.key}`, 303);
  // A question these answers call for that the page didn't show yet is asked before anything is called wrong.
  const shown = new Set(String(posted.shown ?? "").split(" "));
  const hidden = visibleFields(step, reading.answers).filter(({ field }) => !shown.has(field.key));
  const errors = [
    ...refusals(deps, request, refused),
    ...errorsOf(reading, step.step.key).filter(({ field }) => shown.has(field)),
  ];
  if (errors.length > 0) return showStep(deps, request, reply, form, reading, { step, errors, status: 422 });
  if (hidden.length > 0 && shown.size > 0 && posted.shown !== undefined) {
    const query = backToCheck ? `?retour=${CHECK_PAGE}` : "";
    return reply.redirect(`${formPath(form, step.step.key)}${query}#f-${hidden[0]?.field.key}`, 303);
  }
  return reply.redirect(pageAfter(form, reading, step.step.key, backToCheck), 303);
}

/**
 * The draft is gone while somebody was writing: another one begins with what this page posted, photos included, at its first
 * page that lacks something. What the pages before held is gone with the draft: nobody keeps it beyond its day.
 */
async function beginAgain(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  params: Static<typeof StepParams>,
): Promise<FastifyReply> {
  const site = siteOf(request);
  const posted = request.body as Record<string, unknown>;
  const procedure = await deps.procedures.find(site.entity.id, params.slug);
  if (!procedure) throw new Problem("draft.unknown", { status: 404 });
  const fields = getStep({ procedure }, params.step).fields.map(({ field }) => field);
  const typed = typedOf(fields, posted);
  const begun = await beginForm(deps, { site, procedure, lang: request.lang }, typed);
  const { files } = await keepUploads(deps, site, begun, { fields, uploads: request.uploads, posted });
  const reading = readFor(deps, request, { ...begun, files });
  const step = reading.errors[0]?.step ?? params.step;
  return reply.redirect(`${formPath(begun, step)}?repris=1`, 303);
}

function getStep(form: Pick<Form, "procedure">, key: string) {
  const step = form.procedure.compiled.steps.find((one) => one.step.key === key);
  if (!step) throw new Problem("page.unknown", { status: 404 });
  return step;
}

const errorsOf = (reading: Reading, step: string) => reading.errors.filter((error) => error.step === step);

const translated = (deps: Deps, request: FastifyRequest, key: string, params?: Record<string, string>) =>
  deps.renderer.translate(request.lang, key, params);

const refusals = (deps: Deps, request: FastifyRequest, refused: readonly RefusedFile[]) =>
  refused.map(({ field, name, refusal }) => ({
    name: field,
    message: translated(deps, request, `requests.file.${refusal}`, { name }),
  }));
