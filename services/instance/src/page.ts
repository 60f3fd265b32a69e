import type { FastifyReply, FastifyRequest } from "fastify";
import type { Deps } from "./deps.ts";
import { siteFrame } from "./sites/site-frame.ts";

export interface PageOptions {
  status?: number;
  /** Replaces the citizen's frame: the backoffice makes its own. */
  frame?: object;
  /** The commune whose portal led here: "Vous venez du site de …". */
  from?: string | null;
}

/**
 * Answers with a screen, in the person's language and the site's colours. Every page but a problem's goes through here:
 * it is what makes the frame, the CSRF token and the headers that keep personal pages out of caches.
 */
export async function page(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  screen: string,
  context: object,
  options: PageOptions = {},
): Promise<FastifyReply> {
  const csrf = reply.generateCsrf();
  const frame = options.frame ?? siteFrame(deps, request, { csrf, from: options.from ?? null });
  const html = deps.renderer.render(screen, context, {
    lang: request.lang,
    frame: { ...frame, csrf } as never,
  });
  return reply
    .code(options.status ?? 200)
    .header("cache-control", "private, no-store")
    .header("content-language", request.lang)
    .type("text/html; charset=utf-8")
    .send(html);
}
