import { isUuid } from "@interco/platform/ids";
import { Problem } from "@interco/platform/problem";
import { Type } from "typebox";
import { actingAgent } from "../agents/acting-agent.ts";
import { recordAct } from "../audit/audit.ts";
import type { App, Deps } from "../deps.ts";
import { sendFile } from "../requests/file-answer.ts";
import { findFile } from "../requests/file-repository.ts";
import { findRequest } from "../requests/request-repository.ts";
import { takeKeptForm } from "../sign-in/kept-form.ts";
import { registerActs } from "./act-routes.ts";
import { showRequest } from "./request-page.ts";

/** What `?fait=` may say was done. */
const DONE = new Set([
  "taken",
  "status",
  "message",
  "message-follow",
  "note",
  "note-shared",
  "transferred",
  "moved",
]);

/** One request: its page, its photos, and what an agent does with it. */
export function registerRequests(app: App, deps: Deps): void {
  app.get(
    "/backoffice/demandes/:number",
    {
      config: { auth: "agent" },
      schema: {
        params: Type.Object({ number: Type.String({ maxLength: 40 }) }),
        querystring: Type.Object({ fait: Type.Optional(Type.String()) }, { additionalProperties: true }),
      },
    },
    async (request, reply) => {
      const { fait } = request.query;
      const kept = await takeKeptForm(deps, request, reply);
      const done =
        fait && DONE.has(fait) ? deps.renderer.translate(request.lang, `backoffice.done.${fait}`) : null;
      const typed = kept && { form: formOf(kept.action), values: kept.values, errors: [] };
      const notice = kept ? deps.renderer.translate(request.lang, "backoffice.kept") : null;
      return showRequest(deps, request, reply, request.params.number, {
        done,
        notice,
        typed: typed ?? null,
      });
    },
  );

  app.get(
    "/backoffice/demandes/:number/fichiers/:id",
    {
      config: { auth: "agent" },
      schema: {
        params: Type.Object({ number: Type.String({ maxLength: 40 }), id: Type.String({ maxLength: 40 }) }),
      },
    },
    async (request, reply) => {
      const { author } = actingAgent(request);
      const { number, id } = request.params;
      const file = isUuid(id)
        ? await deps.db.within({ entities: [author.entity] }, async (trx) => {
            // Only who processes a request reads it, and so its photos.
            const owner = await findRequest(trx, number);
            const found = owner && (await findFile(trx, id, { requestId: owner.id }));
            if (owner && found)
              await recordAct(trx, author, "request.file-opened", {
                requestId: owner.id,
                details: { file: id },
              });
            return found;
          })
        : undefined;
      if (!file) throw new Problem("file.unknown", { status: 404 });
      return sendFile(reply, file);
    },
  );

  registerActs(app, deps);
}

/** Which form of a request's page posts to this path: "message", "note", or an action by its code. */
const formOf = (path: string) => path.split("/").at(-1) ?? "";
