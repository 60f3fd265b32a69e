import { cutText } from "@interco/kernel/cut-text";
import { Problem } from "@interco/platform/problem";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Deps } from "../deps.ts";
import { page } from "../page.ts";
import { listRequestFiles } from "./file-repository.ts";
import type { FollowScope } from "./follow-access.ts";
import { followedContext } from "./follow-screen.ts";
import { findRequest } from "./request-repository.ts";
import { listTimeline } from "./timeline-repository.ts";

/** A message as it was typed, bounded, as it can be shown and kept. */
export function typedMessage(posted: string | undefined): string {
  return cutText(posted ?? "", 20_000).replace(/\r\n?/g, "\n");
}

interface Shown {
  scope: FollowScope;
  number: string;
  added?: boolean;
  typed?: string;
  error?: string;
  notice?: string;
}

/** A followed request's page, with what is being written there. @throws Problem `request.unknown` (404) */
export async function showFollowed(
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
