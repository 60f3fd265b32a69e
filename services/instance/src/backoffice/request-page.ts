import { Problem } from "@interco/platform/problem";
import type { FastifyReply, FastifyRequest } from "fastify";
import { actingAgent } from "../agents/acting-agent.ts";
import { recordAct } from "../audit/audit.ts";
import type { Deps } from "../deps.ts";
import { siteOf } from "../request-context.ts";
import { listTimeline } from "../requests/timeline-repository.ts";
import { deskPage } from "./desk.ts";
import { followedContext, goneContext } from "./followed-screen.ts";
import { hrefOf } from "./list-row.ts";
import { findListed } from "./request-list-repository.ts";
import { findOpened } from "./request-page-repository.ts";
import { requestContext } from "./request-screen.ts";
import { rowWords } from "./row-words.ts";
import type { TypedAct } from "./typed-act.ts";

export interface Shown {
  /** Words above the page: what has just been done, or why it couldn't be. */
  done?: string | null;
  notice?: string | null;
  typed?: TypedAct | null;
  status?: number;
}

/**
 * One request as the agent's entity may see it: all of it for who processes it, the essential for who follows it, a
 * tombstone for who did, and a 404 for anybody else. Opening one is in the audit; a number that isn't theirs is too.
 */
export async function showRequest(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  number: string,
  shown: Shown = {},
): Promise<FastifyReply> {
  const agent = actingAgent(request);
  const { author } = agent;
  const words = await rowWords(deps, request);
  const found = await deps.db.within({ entities: [author.entity] }, async (trx) => {
    const counts = await deps.counters.read(trx, author);
    const row = await findListed(trx, author.entity, number);
    if (!row) {
      await recordAct(trx, author, "request.refused", { details: { number } });
      return { counts };
    }
    await recordAct(trx, author, "request.opened", {
      requestId: row.id,
      details: { relation: row.relation },
    });
    if (row.relation === "gone" || row.projected) return { counts, row };
    return row.relation === "place"
      ? { counts, row, notes: await listTimeline(trx, row.id) }
      : { counts, row, opened: await findOpened(trx, author.entity, row) };
  });
  const { row, counts } = found;
  if (!row) throw new Problem("request.not-here", { status: 404, params: { number } });
  const options = { counts, path: "", ...(shown.status ? { status: shown.status } : {}) };
  const above = { done: shown.done ?? null, notice: shown.notice ?? null };
  if (row.relation === "gone")
    return deskPage(
      deps,
      request,
      reply,
      "backoffice/request-gone",
      { ...goneContext(row, words), ...above },
      options,
    );
  const elsewhere = hrefOf(row, words);
  if (row.projected && elsewhere.startsWith("http")) return reply.redirect(elsewhere, 303);
  if (!("opened" in found) || !found.opened)
    return deskPage(
      deps,
      request,
      reply,
      "backoffice/request-followed",
      {
        ...followedContext(row, ("notes" in found && found.notes) || [], words, {
          typed: shown.typed ?? null,
          agent,
          locked: row.projected,
        }),
        ...above,
      },
      options,
    );
  const { opened } = found;
  const procedure = await deps.procedures.getVersion(
    opened.request.entity,
    opened.request.procedureSlug,
    opened.request.procedureVersion,
  );
  const context = requestContext(
    {
      row,
      opened,
      procedure,
      agent,
      territory: deps.territory,
      typed: shown.typed ?? null,
      chargeTeams: (await deps.teams.list(opened.request.inCharge ?? "")).length,
      dispatchHref: siteOf(request).entity.kind === "agglomeration" ? "/backoffice/orientation" : null,
    },
    words,
  );
  return deskPage(deps, request, reply, "backoffice/request", { ...context, ...above }, options);
}
