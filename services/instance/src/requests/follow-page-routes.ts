import { parseRequestNumber } from "@interco/kernel/request-number";
import { isUuid } from "@interco/platform/ids";
import { Problem } from "@interco/platform/problem";
import { Type } from "typebox";
import type { App, Deps } from "../deps.ts";
import { siteOf } from "../request-context.ts";
import { asOneself } from "../sign-in/as-oneself.ts";
import { closeFollowing } from "../sign-in/follow-session.ts";
import { formAuthor, keepForm, takeKeptForm } from "../sign-in/kept-form.ts";
import { onSite } from "../sites/other-site.ts";
import { addCitizenMessage } from "./citizen-message.ts";
import { sendFile } from "./file-answer.ts";
import { findFile } from "./file-repository.ts";
import { findFollowScope } from "./follow-access.ts";
import { askForCode, ownerOf, showForm } from "./follow-form-page.ts";
import { showFollowed, typedMessage } from "./followed-page.ts";
import { LIMITS } from "./form-limits.ts";
import { findRequest } from "./request-repository.ts";

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
        return reply.redirect(onSite(request, there.href), 303);
      }
      const scope = await findFollowScope(deps, request, number.number);
      // The same page whether the request exists or not: it can be opened with its code, or by signing in.
      if (!scope) return showForm(deps, request, reply, { number: number.number, status: 404 });
      const kept = await takeKeptForm(deps, request, reply);
      const typed = typedMessage(kept?.values.message);
      return showFollowed(deps, request, reply, {
        scope,
        number: number.number,
        added: Boolean(request.query.ajoute),
        ...(typed ? { typed, notice: deps.renderer.translate(request.lang, "requests.follow.kept") } : {}),
      });
    },
  );

  app.post(
    "/demandes/:number",
    {
      config: {
        auth: "public",
        csrf: "handled",
        rateLimit: LIMITS.message,
        formPage: "/demandes/:number",
      },
      schema: {
        params: NumberParam,
        body: Type.Object({ message: Type.Optional(Type.String()) }, { additionalProperties: true }),
      },
    },
    async (request, reply) => {
      const number = parseRequestNumber(request.params.number)?.number;
      if (!number) throw new Problem("request.unknown", { status: 404 });
      const typed = typedMessage(request.body.message);
      const scope = await findFollowScope(deps, request, number);
      // Their hour, or their session, ended while they wrote. The same page whether the request exists or not.
      if (!scope && formAuthor(deps, request)) {
        const back = await keepForm(deps, request, reply);
        return reply.redirect(asOneself(back), 303);
      }
      if (!scope) return askForCode(deps, request, reply, number, typed);
      const message = typed.trim();
      const t = (key: string) =>
        deps.renderer.translate(request.lang, `requests.message.${key}`, { limit: MESSAGE_MAX });
      const error = message.length < 2 ? t("empty") : message.length > MESSAGE_MAX ? t("too-long") : "";
      if (request.csrfFailed || error)
        return showFollowed(deps, request, reply, {
          scope,
          number,
          typed,
          status: 422,
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

  // Whoever makes a browser forget a request takes nothing from anybody: an expired page must be able to.
  app.post("/suivi/fermer", { config: { auth: "public", csrf: "handled" } }, async (_request, reply) => {
    closeFollowing(reply);
    return reply.redirect("/suivi", 303);
  });
}
