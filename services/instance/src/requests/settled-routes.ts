import { parseRequestNumber } from "@interco/kernel/request-number";
import { Problem } from "@interco/platform/problem";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { App, Deps } from "../deps.ts";
import { page } from "../page.ts";
import { siteOf } from "../request-context.ts";
import { answerSettled, asksIfSettled } from "./answer-settled.ts";
import { type FollowScope, findFollowScope } from "./follow-access.ts";
import { showForm } from "./follow-form-page.ts";
import { typedMessage } from "./followed-page.ts";
import { LIMITS } from "./form-limits.ts";
import { findRequest } from "./request-repository.ts";
import { scopeOfToken } from "./settled-link.ts";
import { listTimeline } from "./timeline-repository.ts";

const Params = Type.Object({ number: Type.String() });
const Short = Type.Optional(Type.String({ maxLength: 1_000 }));
const LONGEST = 2_000;

/**
 * "Est-ce réglé ?", asked when a request is closed: two links of the mail, or of its page. Opening a link answers nothing, since
 * mail readers open links by themselves: it shows the question, with that answer chosen, and a button.
 */
export function registerSettled(app: App, deps: Deps): void {
  app.get(
    "/demandes/:number/avis",
    {
      config: { auth: "public" },
      schema: { params: Params, querystring: Type.Object({ jeton: Short, regle: Short, merci: Short }) },
    },
    async (request, reply) => {
      const { jeton: token = "", regle: answer = "", merci } = request.query;
      if (merci) {
        const kind = merci === "non" ? "reopened" : "settled";
        return page(deps, request, reply, "requests/settled-done", {
          kind,
          number: numberOf(request.params),
        });
      }
      return ask(deps, request, reply, { number: numberOf(request.params), token, answer });
    },
  );

  app.post(
    "/demandes/:number/avis",
    {
      config: { auth: "public", csrf: "handled", rateLimit: LIMITS.message },
      schema: {
        params: Params,
        body: Type.Object(
          { jeton: Short, regle: Short, reste: Type.Optional(Type.String()) },
          { additionalProperties: true },
        ),
      },
    },
    async (request, reply) => {
      const number = numberOf(request.params);
      const { jeton: token = "", regle: answer = "", reste } = request.body;
      const left = typedMessage(reste).trim();
      const t = (key: string) =>
        deps.renderer.translate(request.lang, `requests.settled.${key}`, { limit: LONGEST });
      const errors = [
        ...(answer === "oui" || answer === "non" ? [] : [{ name: "regle", message: t("choose") }]),
        ...(answer === "non" && left.length < 2 ? [{ name: "reste", message: t("say-what") }] : []),
        ...(left.length > LONGEST ? [{ name: "reste", message: t("too-long") }] : []),
      ];
      if (errors.length > 0 || request.csrfFailed) {
        const notice = request.csrfFailed
          ? deps.renderer.translate(request.lang, "requests.form.expired")
          : "";
        return ask(deps, request, reply, { number, token, answer, left, errors, notice });
      }
      const scope = await scopeOf(deps, request, number, token);
      if (!scope) return showForm(deps, request, reply, { number, status: 404 });
      const settled = answer === "oui";
      await answerSettled(deps, scope, number, settled ? { settled } : { settled, left });
      return reply.redirect(`/demandes/${number}/avis?merci=${answer}`, 303);
    },
  );
}

interface Asked {
  number: string;
  token: string;
  answer: string;
  left?: string;
  errors?: { name: string; message: string }[];
  notice?: string;
}

async function ask(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { number, token, answer, left = "", errors = [], notice = "" }: Asked,
): Promise<FastifyReply> {
  const scope = await scopeOf(deps, request, number, token);
  if (!scope) return showForm(deps, request, reply, { number, status: 404 });
  const read = await deps.db.within(scope, async (trx) => {
    const found = await findRequest(trx, number);
    return found && { request: found, timeline: await listTimeline(trx, found.id) };
  });
  if (!read) return showForm(deps, request, reply, { number, status: 404 });
  const { entity, procedureSlug, procedureVersion, title, closedAt } = read.request;
  const procedure = await deps.procedures.getVersion(entity, procedureSlug, procedureVersion);
  if (!asksIfSettled(read.request, procedure, read.timeline))
    throw new Problem("request.moved-on", { status: 409 });
  const error = (name: string) => errors.find((one) => one.name === name)?.message ?? "";
  const context = {
    number,
    title: title[request.lang],
    closedAt,
    token,
    answer,
    left,
    errors,
    notice,
    answerError: error("regle"),
    leftError: error("reste"),
  };
  return page(deps, request, reply, "requests/settled", context, {
    status: errors.length > 0 || notice ? 422 : 200,
  });
}

/** The link of a mail, else whoever follows the request anyway. */
async function scopeOf(
  deps: Deps,
  request: FastifyRequest,
  number: string,
  token: string,
): Promise<FollowScope | undefined> {
  const { id } = siteOf(request).entity;
  return scopeOfToken(deps, id, number, token) ?? findFollowScope(deps, request, number);
}

function numberOf(params: { number: string }): string {
  const number = parseRequestNumber(params.number)?.number;
  if (!number) throw new Problem("request.unknown", { status: 404 });
  return number;
}
