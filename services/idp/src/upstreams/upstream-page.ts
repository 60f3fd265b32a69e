import { policyText } from "@interco/platform/security-headers";
import type { Language } from "@interco/ui/messages";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Interaction } from "../interactions/interaction.ts";
import { languageCookie, languageOf } from "../interactions/language.ts";
import type { Pages } from "../interactions/page.ts";
import type { SiteView } from "../interactions/site-view.ts";

export interface UpstreamPage {
  status: number;
  site: SiteView | null;
  interaction?: Interaction;
  secure: boolean;
}

/** One page of this folder. Its forms may end at the site. */
export function showPage(
  pages: Pages,
  request: FastifyRequest,
  reply: FastifyReply,
  screen: string,
  context: object,
  { status, site, interaction, secure }: UpstreamPage,
): string {
  const cookie = languageCookie((request.query as { lang?: string }).lang, secure);
  if (cookie) reply.header("set-cookie", cookie);
  reply.code(status).type("text/html; charset=utf-8").header("cache-control", "no-store");
  reply.header("content-security-policy", policyText(site ? [site.origin] : []));
  return pages.render(
    `upstreams/${screen}`,
    { site, ...context },
    // What an upstream answered stands in its address: the switch leads home rather than there.
    {
      lang: languageAt(request, interaction),
      url: interaction ? request.url : "/",
      csrf: reply.generateCsrf(),
    },
  );
}

export function languageAt(request: FastifyRequest, interaction?: Interaction): Language {
  return languageOf({
    chosen: (request.query as { lang?: string }).lang,
    cookieHeader: request.headers.cookie,
    uiLocales: interaction?.params.ui_locales,
    acceptLanguage: request.headers["accept-language"],
  });
}
