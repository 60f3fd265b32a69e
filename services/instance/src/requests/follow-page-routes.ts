import { cutText } from "@interco/kernel/cut-text";
import { parseRequestNumber } from "@interco/kernel/request-number";
import { Problem } from "@interco/platform/problem";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { App, Deps } from "../deps.ts";
import { page } from "../page.ts";
import { siteOf } from "../request-context.ts";
import { onSite } from "../sites/other-site.ts";
import { addCitizenMessage } from "./citizen-message.ts";
import { sendFile } from "./file-answer.ts";
import { findFile, listRequestFiles } from "./file-repository.ts";
import { type FollowScope, findFollowScope } from "./follow-access.ts";
import { ownerOf, showForm } from "./follow-routes.ts";
import { followedContext } from "./follow-screen.ts";
import { closeFollowing } from "./follow-session.ts";
import { isUuid } from "./is-uuid.ts";
import { findRequest } from "./request-repository.ts";
import { listTimeline } from "./timeline-repository.ts";

const NumberParam = Type.Object({ number: Type.String() });
const MESSAGE_MAX = 2000;

/** One request as its author follows it: what has been done, what comes next, a word to add, photos. */
export function registerFollowedRequest(app: App, deps: Deps): void {
  app.get(
    "/demandes/:number",
    {
      config: { auth: "public" },
      schema: { params: NumberParam, querystring: Type.Object({ ajoute: Type.Optional(Type.String()) }) },
    },
    async (request, reply) => {
      const number = parseRequestNumber(request.params.number);
      if (!number) throw new Problem("request.unknown", { status: 404 });
      const owner = ownerOf(deps, number);
      if (owner?.siteUrl && owner.id !== siteOf(request).entity.id) {
        const there = new URL(`/demandes/${number.number}`, owner.siteUrl);
        return reply.redirect(onSite(deps, request, there.href), 303);
      }
      const scope = await findFollowScope(deps, request, number.number);
      // The same page whether the request exists or not: it can be opened with its code, or by signing in.
      if (!scope) return showForm(deps, request, reply, { number: number.number, status: 404 });
      return showRequest(deps, request, reply, {
        scope,
        number: number.number,
        added: Boolean(request.query.ajoute),
      });
    },
  );

  app.post(
    "/demandes/:number",
    {
      config: { auth: "public", csrf: "handled" },
      schema: {
        params: NumberParam,
        body: Type.Object({ message: Type.Optional(Type.String()) }, { additionalProperties: true }),
      },
    },
    async (request, reply) => {
      const number = parseRequestNumber(request.params.number)?.number;
      const scope = number && (await findFollowScope(deps, request, number));
      if (!number || !scope) throw new Problem("request.unknown", { status: 404 });
      const typed = cutText((request.body.message ?? "").replace(/\r\n?/g, "\n"), 20_000);
      const message = typed.trim();
      const t = (key: string) =>
        deps.renderer.translate(request.lang, `requests.message.${key}`, { limit: MESSAGE_MAX });
      const error = message.length < 2 ? t("empty") : message.length > MESSAGE_MAX ? t("too-long") : "";
      if (request.csrfFailed || error)
        return showRequest(deps, request, reply, {
          scope,
          number,
          typed,
          error: request.csrfFailed ? "" : error,
          notice: request.csrfFailed ? deps.renderer.translate(request.lang, "requests.form.expired") : "",
        });
      await addCitizenMessage(deps, scope, number, message);
      return reply.redirect(`/demandes/${number}?ajoute=1`, 303);
    },
  );

  app.get(
    "/demandes/:number/fichiers/:id",
    {
      config: { auth: "public" },
      schema: { params: Type.Object({ number: Type.String(), id: Type.String() }) },
    },
    async (request, reply) => {
      const { id } = request.params;
      const number = parseRequestNumber(request.params.number)?.number;
      const scope = number && isUuid(id) ? await findFollowScope(deps, request, number) : undefined;
      const file =
        number &&
        scope &&
        (await deps.db.within(scope, async (trx) => {
          const found = await findRequest(trx, number);
          return found && findFile(trx, id, { requestId: found.id });
        }));
      if (!file) throw new Problem("file.unknown", { status: 404 });
      return sendFile(reply, file);
    },
  );

  app.post("/suivi/fermer", { config: { auth: "public" } }, async (_request, reply) => {
    closeFollowing(reply);
    return reply.redirect("/suivi", 303);
  });
}

interface Shown {
  scope: FollowScope;
  number: string;
  added?: boolean;
  typed?: string;
  error?: string;
  notice?: string;
}

async function showRequest(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { scope, number, added = false, typed = "", error = "", notice = "" }: Shown,
): Promise<FastifyReply> {
  const read = await deps.db.within(scope, async (trx) => {
    const found = await findRequest(trx, number);
    if (!found) throw new Problem("request.unknown", { status: 404 });
    return {
      request: found,
      timeline: await listTimeline(trx, found.id),
      files: await listRequestFiles(trx, found.id),
    };
  });
  const context = await followedContext(deps, request.lang, read);
  return page(
    deps,
    request,
    reply,
    "requests/followed",
    {
      ...context,
      added,
      notice,
      typed,
      errors: error ? [{ name: "message", message: error }] : [],
      messageError: error,
      byCode: "tracking" in scope,
    },
    { status: error || notice ? 422 : 200 },
  );
}
