import type { RouteOptions } from "fastify";
import type { App, Deps } from "../deps.ts";
import { siteOf } from "../request-context.ts";

/**
 * `/openapi.json` describes every route under `/api/`. The generator costs memory that most instances never need: routes are only
 * noted here, and handed to it the first time somebody asks.
 */
export function describeApi(app: App, deps: Deps): void {
  const routes: RouteOptions[] = [];
  app.addHook("onRoute", (route) => {
    // Fastify adds a HEAD route for each GET: programs needn't be told.
    if (route.url.startsWith("/api/") && route.method !== "HEAD") routes.push(route);
  });
  let described: Promise<object> | undefined;
  app.get("/openapi.json", { config: { auth: "public" } }, async (request, reply) => {
    described ??= describe(routes, deps.config.idp.issuer);
    const document = await described;
    return reply
      .header("cache-control", "public, max-age=300")
      .send({ ...document, servers: [{ url: siteOf(request).origin }] });
  });
}

async function describe(routes: readonly RouteOptions[], issuer: string): Promise<object> {
  const [{ default: fastify }, { default: swagger }] = await Promise.all([
    import("fastify"),
    import("@fastify/swagger"),
  ]);
  const catalogue = fastify();
  await catalogue.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Interco", version: "1", description: "Errors are RFC 9457 problem documents." },
      components: {
        securitySchemes: {
          accessToken: {
            type: "openIdConnect",
            openIdConnectUrl: `${issuer}/.well-known/openid-configuration`,
          },
        },
      },
    },
  });
  await catalogue.register(async (scope) => {
    // Nothing is validated or answered by this copy: it is only read.
    scope.setValidatorCompiler(() => () => true);
    scope.setSerializerCompiler(() => () => "");
    for (const { method, url, schema } of routes)
      scope.route({ method, url, ...(schema ? { schema } : {}), handler: async () => ({}) });
  });
  await catalogue.ready();
  return catalogue.swagger();
}
