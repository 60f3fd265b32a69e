import { Problem } from "@interco/platform/problem";
import { assetCacheControl, findAsset } from "@interco/ui/assets";
import { Type } from "typebox";
import type { App, Deps } from "../deps.ts";
import { LANGUAGE_COOKIE } from "./language.ts";
import { localPath } from "./local-path.ts";
import { themeOf } from "./theme.ts";

/** Static files, entities' colours and logos, and the choice of language. */
export function registerSites(app: App, deps: Deps): void {
  app.get("/assets/*", { config: { auth: "public" } }, async (request, reply) => {
    const asset = findAsset(request.url.split("?")[0] ?? "");
    if (!asset) throw new Problem("page.unknown", { status: 404 });
    return reply.header("cache-control", assetCacheControl).type(asset.type).send(asset.body);
  });

  app.get(
    "/theme/:file",
    { config: { auth: "public" }, schema: { params: Type.Object({ file: Type.String({ maxLength: 60 }) }) } },
    async (request, reply) => {
      const entity = deps.territory.findById(request.params.file.split(".")[0] ?? "");
      if (!entity) throw new Problem("page.unknown", { status: 404 });
      return reply
        .header("cache-control", assetCacheControl)
        .type("text/css; charset=utf-8")
        .send(themeOf(entity).css);
    },
  );

  app.get(
    "/logos/:file",
    { config: { auth: "public" }, schema: { params: Type.Object({ file: Type.String({ maxLength: 60 }) }) } },
    async (request, reply) => {
      const entity = deps.territory.findById(request.params.file.split(".")[0] ?? "");
      if (!entity?.logoSvg) throw new Problem("page.unknown", { status: 404 });
      // An SVG opened by itself could run scripts: the policy forbids all but its own drawing.
      return reply
        .header("cache-control", "public, max-age=3600")
        .header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
        .type("image/svg+xml")
        .send(entity.logoSvg);
    },
  );

  app.get(
    "/langue",
    {
      config: { auth: "public" },
      schema: {
        querystring: Type.Object({
          choix: Type.String({ maxLength: 5 }),
          retour: Type.Optional(Type.String({ maxLength: 2000 })),
        }),
      },
    },
    async (request, reply) => {
      const lang = request.query.choix === "en" ? "en" : "fr";
      reply.setCookie(LANGUAGE_COOKIE, lang, {
        path: "/",
        httpOnly: true,
        secure: true,
        sameSite: "lax",
        maxAge: 31_536_000,
      });
      return reply.redirect(localPath(request.query.retour), 303);
    },
  );
}
