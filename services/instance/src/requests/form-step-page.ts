import type { FieldError } from "@interco/kernel/form";
import { visibleFields } from "@interco/kernel/form";
import { type CompiledStep, findType } from "@interco/kernel/procedure";
import { Problem } from "@interco/platform/problem";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Deps } from "../deps.ts";
import { page } from "../page.ts";
import { inLanguage } from "../procedures/in-language.ts";
import { citizenOf, isProfessional, siteOf } from "../request-context.ts";
import { asOneself } from "../sign-in/as-oneself.ts";
import { proposedContact } from "./contact.ts";
import { CHECK_PAGE, type Form, formPath, type Reading } from "./form.ts";
import { ELSEWHERE, fieldView } from "./form-fields.ts";
import { whoWillFollow } from "./form-in-charge.ts";

/** A step's page as it is answered with. */
export interface StepView {
  step: CompiledStep;
  errors: readonly Pick<FieldError, "name" | "message">[];
  /** One sentence above the form: it must be sent again, a question more… */
  notice?: string;
  status?: number;
}

/** Answers with one step of a form: its questions as typed, what is wrong, and who will follow the request. */
export async function showStep(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  form: Form,
  reading: Reading,
  { step, errors, notice, status }: StepView,
): Promise<FastifyReply> {
  const site = siteOf(request);
  const { lang } = request;
  const { definition, compiled } = form.procedure;
  const t = (key: string, params?: Record<string, string | number>) =>
    deps.renderer.translate(lang, key, params);
  const index = reading.steps.findIndex((one) => one.step.key === step.step.key);
  if (index < 0) throw new Problem("page.unknown", { status: 404 });
  const citizen = form.draft.filedFor ? null : citizenOf(request);
  const typed = { ...(citizen ? proposedContact(compiled, citizen.claims) : {}), ...reading.typed };
  const shown = visibleFields(step, reading.answers);
  const fields = shown.map(({ field }) =>
    fieldView(field, {
      lang,
      typed,
      errors,
      procedure: compiled,
      communes: reading.communes,
      files: form.files,
      filePath: (id) => formPath(form, `fichiers/${id}`),
      elsewhere: t("requests.form.elsewhere", { territory: deps.territory.agglomeration.name }),
    }),
  );
  const before = reading.steps[index - 1];
  return page(
    deps,
    request,
    reply,
    "requests/form-step",
    {
      title: inLanguage(step.step.title, lang),
      heading: inLanguage(step.step.title, lang),
      intro: inLanguage(step.step.intro, lang),
      step: index + 1,
      of: reading.steps.length + 1,
      procedure: inLanguage(definition.title, lang),
      procedureHref: `/demarches/${definition.slug}`,
      notice: notice ?? "",
      errors,
      fields,
      shown: shown.map(({ field }) => field.key).join(" "),
      upload: shown.some(({ field }) => field.kind === "photos"),
      back: before ? formPath(form, before.step.key) : `/demarches/${definition.slug}`,
      warning: inLanguage(definition.warning, lang),
      warningFirst: index === 0,
      danger: dangerOf(form, reading, lang),
      elsewhere: saysElsewhere(step, reading) ? t("requests.form.elsewhere-text") : "",
      professional: isProfessional(request) && !form.draft.filedFor ? t("requests.form.professional") : "",
      asOneselfHref: asOneself(formPath(form, step.step.key)),
      agent: form.draft.filedFor ? t(`requests.form.for-somebody.${form.draft.filedFor.source}`) : "",
      follower: await whoWillFollow(deps, site.entity, form.procedure, reading.answers, lang),
    },
    { status: status ?? 200, from: comesFrom(deps, form) },
  );
}

/** "Vous venez du site de …": only a commune that has one, and not for an agent, who came from nowhere. */
export function comesFrom(deps: Deps, form: Form): string | null {
  if (form.draft.filedFor) return null;
  const commune = form.draft.fromCommune ? deps.territory.findById(form.draft.fromCommune) : undefined;
  return commune?.siteUrl ? commune.id : null;
}

/** The page after a step: the next one, or the check of all answers. */
export function pageAfter(form: Form, reading: Reading, stepKey: string, backToCheck: boolean): string {
  const index = reading.steps.findIndex((one) => one.step.key === stepKey);
  const next = backToCheck ? undefined : reading.steps[index + 1];
  return formPath(form, next ? next.step.key : CHECK_PAGE);
}

/** The danger of the chosen kind of report is said as soon as it is chosen. */
function dangerOf(form: Form, reading: Reading, lang: "fr" | "en"): string {
  const field = [...form.procedure.compiled.fields.values()].find((one) => one.field.kind === "type");
  const code = field && reading.answers[field.field.key];
  const found = typeof code === "string" ? findType(form.procedure.definition, code) : undefined;
  return inLanguage(found?.type.danger, lang);
}

function saysElsewhere(step: CompiledStep, reading: Reading): boolean {
  return step.fields.some(
    ({ field }) => field.kind === "place" && reading.typed[`${field.key}.commune`] === ELSEWHERE,
  );
}
