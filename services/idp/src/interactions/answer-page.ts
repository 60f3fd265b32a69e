import { policyText } from "@interco/platform/security-headers";
import type { FastifyReply, FastifyRequest } from "fastify";
import { languageCookie, languageOf } from "./language.ts";
import type { Pages } from "./page.ts";
import type { SiteView } from "./site-view.ts";

export interface PageAnswer {
  status?: number;
  /** Where the page's forms may lead to. */
  site?: SiteView | null;
  /** What the site asked for, where a sign-in is under way. */
  uiLocales?: unknown;
  /** What the language switch leads to, where it isn't the page itself. */
  url?: string;
}

/** Answers with a screen that nothing keeps, in the person's language, with a token for its forms. `site` and `action` are in its context. */
export function answerPage(
  { pages, secure }: { pages: Pages; secure: boolean },
  request: FastifyRequest,
  reply: FastifyReply,
  screen: string,
  context: object,
  { status = 200, site = null, uiLocales, url = request.url }: PageAnswer = {},
): string {
  const cookie = languageCookie((request.query as { lang?: string } | undefined)?.lang, secure);
  if (cookie) reply.header("set-cookie", cookie);
  reply.code(status).type("text/html; charset=utf-8").header("cache-control", "no-store");
  reply.header("content-security-policy", policyText(site ? [site.origin] : []));
  return pages.render(
    screen,
    { site, action: request.url, ...context },
    { lang: requestLanguage(request, uiLocales), url, csrf: reply.generateCsrf() },
  );
}

/** The language of a page: what was chosen here, then what the site asked for, then the browser's. */
export function requestLanguage(request: FastifyRequest, uiLocales?: unknown) {
  return languageOf({
    chosen: (request.query as { lang?: string } | undefined)?.lang,
    cookieHeader: request.headers.cookie,
    uiLocales,
    acceptLanguage: request.headers["accept-language"],
  });
}
