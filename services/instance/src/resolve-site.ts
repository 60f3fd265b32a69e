import { Problem } from "@interco/platform/problem";
import type { App, Deps } from "./deps.ts";
import "./request-context.ts";
import { LANGUAGE_COOKIE, languageOf } from "./sites/language.ts";

/** Routes a probe calls without any site's host name. */
const WITHOUT_SITE = new Set(["/health/live", "/health/ready", "/metrics"]);

/** Before any handler: which site the Host header leads to, and the language. An unknown host is no site at all (421, RFC 9110 §15.5.20). */
export function resolveSite(app: App, deps: Deps): void {
  app.decorateRequest("siteOrNull", null);
  app.decorateRequest("lang", "fr");
  app.decorateRequest("session", null);
  app.decorateRequest("acting", null);
  app.decorateRequest("token", null);
  app.addHook("onRequest", async (request) => {
    deps.territory.freshen();
    request.siteOrNull = deps.sites.findByHost(request.headers.host) ?? null;
    request.lang = languageOf(request.cookies[LANGUAGE_COOKIE], request.headers["accept-language"]);
    if (!request.siteOrNull && !WITHOUT_SITE.has(request.url))
      throw new Problem("site.unknown", { status: 421 });
  });
}
