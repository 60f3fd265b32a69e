import type { App } from "@interco/platform/http";
import { policyText } from "@interco/platform/security-headers";
import { assetCacheControl, findAsset } from "@interco/ui/assets";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ClientRepository } from "../clients/client-repository.ts";
import { requestLanguage } from "../interactions/answer-page.ts";
import { languageCookie } from "../interactions/language.ts";
import type { Pages } from "../interactions/page.ts";

export interface PageParts {
  pages: Pages;
  clients: ClientRepository;
  secure: boolean;
}

const LEGAL = ["mentions-legales", "donnees-personnelles", "accessibilite"] as const;

/** The pages one comes to without a site: what this service is, and what the law asks to say. */
export function pageRoutes(app: App, parts: PageParts): void {
  const { pages, clients, secure } = parts;

  const show = (request: FastifyRequest, reply: FastifyReply, screen: string, context: object) => {
    const { lang: chosen } = request.query as { lang?: string };
    const cookie = languageCookie(chosen, secure);
    if (cookie) reply.header("set-cookie", cookie);
    reply.type("text/html; charset=utf-8").header("content-security-policy", policyText([]));
    return pages.render(screen, context, { lang: requestLanguage(request), url: request.url });
  };

  app.get("/", { config: { auth: "public" } }, async (request, reply) =>
    show(request, reply, "pages/home", { sites: await clients.listSites() }),
  );

  for (const name of LEGAL) {
    app.get(`/${name}`, { config: { auth: "public" } }, async (request, reply) =>
      show(request, reply, `pages/${name}`, {}),
    );
  }

  app.get("/assets/*", { config: { auth: "public" } }, async (request, reply) => {
    const asset = findAsset(request.url);
    if (!asset) return reply.callNotFound();
    return reply.type(asset.type).header("cache-control", assetCacheControl).send(asset.body);
  });
}
