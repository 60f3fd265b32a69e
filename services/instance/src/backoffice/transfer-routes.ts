import { Problem } from "@interco/platform/problem";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { actingAgent } from "../agents/acting-agent.ts";
import { recordAct } from "../audit/audit.ts";
import type { Author } from "../audit/author.ts";
import type { App, Deps } from "../deps.ts";
import { findRequest } from "../requests/request-repository.ts";
import { transferRequest } from "../requests/transfer-request.ts";
import { takeKeptForm } from "../sign-in/kept-form.ts";
import { deskPage, processingAgent } from "./desk.ts";
import { postedValues } from "./posted-values.ts";
import { findListed } from "./request-list-repository.ts";
import { showRequest } from "./request-page.ts";
import { rowWords } from "./row-words.ts";
import { readTransfer, type TransferForm } from "./transfer-form.ts";
import { transferContext } from "./transfer-screen.ts";

const NumberParams = Type.Object({ number: Type.String({ maxLength: 40 }) });

/** Handing a request over to another entity, and naming who is in charge of one no table decided. */
export function registerTransfers(app: App, deps: Deps): void {
  app.get(
    "/backoffice/demandes/:number/transmettre",
    { config: { auth: "agent" }, schema: { params: NumberParams } },
    async (request, reply) => {
      const kept = await takeKeptForm(deps, request, reply);
      const shown = kept && {
        form: { values: kept.values, errors: [] },
        notice: deps.renderer.translate(request.lang, "backoffice.kept"),
      };
      return showTransfer(deps, request, reply, request.params.number, shown);
    },
  );

  app.post(
    "/backoffice/demandes/:number/transmettre",
    {
      config: { auth: "agent", csrf: "handled", formPage: "/backoffice/demandes/:number/transmettre" },
      schema: { params: NumberParams, body: Type.Object({}, { additionalProperties: true }) },
    },
    async (request, reply) => {
      const { number } = request.params;
      const say = (key: string, params?: Record<string, string | number>) =>
        deps.renderer.translate(request.lang, key, params);
      const form = readTransfer(postedValues(request), {
        territory: deps.territory,
        lang: request.lang,
        say,
      });
      const again = (notice: string | null) =>
        showTransfer(deps, request, reply, number, { form, notice, status: 422 });
      if (request.csrfFailed) return again(say("backoffice.error.expired"));
      if (!form.transfer) return again(null);
      const { author } = processingAgent(request);
      try {
        const before = await deps.db.within({ entities: [author.entity] }, (trx) => findRequest(trx, number));
        await transferRequest(deps, author, number, form.transfer);
        const had = before?.inCharge;
        const done = had === form.transfer.to ? "moved" : "transferred";
        return await reply.redirect(
          had === null
            ? "/backoffice/a-orienter?fait=dispatched"
            : `/backoffice/demandes/${encodeURIComponent(number)}?fait=${done}`,
          303,
        );
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        if (error.status === 404)
          return showRequest(deps, request, reply, number, {
            notice: say("backoffice.error.stale"),
            status: 409,
          });
        return again(say(`problem.${error.code}.text`, error.params));
      }
    },
  );
}

/** The page shows what the request is about and where: opening it is in the audit, and so is asking for one that isn't there. */
function openForTransfer(deps: Deps, author: Author, number: string) {
  return deps.db.within({ entities: [author.entity] }, async (trx) => {
    const row = await findListed(trx, author.entity, number);
    const request = row && (await findRequest(trx, number));
    if (row && request)
      await recordAct(trx, author, "request.opened", {
        requestId: row.id,
        details: { relation: row.relation, page: "transfer" },
      });
    else await recordAct(trx, author, "request.refused", { details: { number } });
    return row && { row, request };
  });
}

async function showTransfer(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  number: string,
  shown: { form?: TransferForm; notice?: string | null; status?: number } = {},
): Promise<FastifyReply> {
  const { author } = actingAgent(request);
  const found = await openForTransfer(deps, author, number);
  if (!found?.request) throw new Problem("request.not-here", { status: 404 });
  const words = await rowWords(deps, request);
  const { entity, procedureSlug, procedureVersion } = found.request;
  const { definition } = await deps.procedures.getVersion(entity, procedureSlug, procedureVersion);
  const context = transferContext(
    {
      row: found.row,
      request: found.request,
      territory: deps.territory,
      teams: await deps.teams.all(),
      form: shown.form ?? null,
      notice: shown.notice ?? null,
      handsOver: definition.kind === "shared",
    },
    words,
  );
  return deskPage(deps, request, reply, "backoffice/transfer", context, {
    path: "",
    ...(shown.status ? { status: shown.status } : {}),
  });
}
