import { Problem } from "@interco/platform/problem";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { actingAgent } from "../agents/acting-agent.ts";
import { recordAct } from "../audit/audit.ts";
import type { App, Deps } from "../deps.ts";
import { listCatalogue } from "../procedures/catalogue-repository.ts";
import { siteOf } from "../request-context.ts";
import { startForm } from "../requests/draft-form.ts";
import { takeKeptForm } from "../sign-in/kept-form.ts";
import { shortNameOf } from "../sites/entity.ts";
import { deskPage, processingAgent } from "./desk.ts";
import { postedValues } from "./posted-values.ts";

/** "Saisir pour un usager": an agent at the counter or on the phone fills in the same form as everybody, and hands the code over. */
export function registerCounter(app: App, deps: Deps): void {
  app.get("/backoffice/saisir", { config: { auth: "agent" } }, async (request, reply) => {
    const kept = await takeKeptForm(deps, request, reply);
    if (kept) {
      const notice = deps.renderer.translate(request.lang, "backoffice.kept");
      return showCounter(deps, request, reply, { values: kept.values, errors: [], notice, status: 200 });
    }
    const { demarche } = request.query as { demarche?: unknown };
    const values: Record<string, string> = typeof demarche === "string" ? { demarche } : {};
    return showCounter(deps, request, reply, { values, errors: [], notice: null });
  });

  app.post(
    "/backoffice/saisir",
    {
      config: { auth: "agent", csrf: "handled", formPage: "/backoffice/saisir" },
      schema: { body: Type.Object({}, { additionalProperties: true }) },
    },
    async (request, reply) => {
      const values = postedValues(request);
      const say = (key: string) => deps.renderer.translate(request.lang, key);
      if (request.csrfFailed)
        return showCounter(deps, request, reply, {
          values,
          errors: [],
          notice: say("backoffice.error.expired"),
        });
      const { source } = values;
      const errors = [
        ...(source === "counter" || source === "phone"
          ? []
          : [{ name: "source", message: say("backoffice.counter.error.source") }]),
        ...(values.demarche
          ? []
          : [{ name: "demarche", message: say("backoffice.counter.error.procedure") }]),
      ];
      if (errors.length > 0) return showCounter(deps, request, reply, { values, errors, notice: null });
      const site = siteOf(request);
      const { author, activeEntity } = processingAgent(request);
      const procedure = await deps.procedures.find(site.entity.id, values.demarche ?? "");
      if (!procedure) throw new Problem("procedure.unknown", { status: 404 });
      const first = await startForm(deps, {
        site,
        procedure,
        lang: request.lang,
        commune: activeEntity.kind === "commune" ? activeEntity : null,
        filedFor: { source: source === "phone" ? "phone" : "counter", author },
      });
      await deps.db.within({ entities: [author.entity] }, (trx) =>
        recordAct(trx, author, "request.filing-begun", {
          details: { procedure: procedure.slug, source: source ?? null },
        }),
      );
      return reply.redirect(first, 303);
    },
  );
}

interface Typed {
  values: Record<string, string>;
  errors: { name: string; message: string }[];
  notice: string | null;
  status?: number;
}

async function showCounter(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { values, errors, notice, status }: Typed,
): Promise<FastifyReply> {
  const { lang } = request;
  const site = siteOf(request);
  const { activeEntity } = actingAgent(request);
  const t = (key: string, params?: Record<string, string>) => deps.renderer.translate(lang, key, params);
  const own = await deps.procedures.list(site.entity.id);
  const agglomeration = deps.territory.agglomeration;
  const elsewhere =
    site.entity.id === agglomeration.id || !agglomeration.siteUrl ? [] : await listCatalogue(deps.db);
  const error = (name: string) => errors.find((one) => one.name === name)?.message ?? null;
  const context = {
    errors,
    notice,
    agglomeration: shortNameOf(agglomeration),
    source: { value: values.source ?? "", error: error("source") },
    procedure: {
      value: values.demarche ?? "",
      error: error("demarche"),
      options: own.map(({ slug, definition }) => ({
        value: slug,
        label: definition.title[lang],
        hint: definition.summary[lang],
      })),
    },
    // The agglomeration's run on its instance: the agent goes there as for any shared request.
    elsewhere: elsewhere.map(({ slug, title, summary }) => ({
      href: `${agglomeration.siteUrl}backoffice/saisir?entite=${activeEntity.id}&demarche=${slug}`,
      title: title[lang],
      text: summary[lang],
    })),
    elsewhereTitle: t("backoffice.counter.elsewhere", { agglomeration: shortNameOf(agglomeration) }),
  };
  const wrong = errors.length > 0 || notice !== null;
  return deskPage(deps, request, reply, "backoffice/counter", context, {
    path: "",
    ...(wrong ? { status: status ?? 422 } : {}),
  });
}
