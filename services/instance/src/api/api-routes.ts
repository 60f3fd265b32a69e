import { MyRequests } from "@interco/contracts/my-requests";
import type { App, Deps } from "../deps.ts";
import { siteOf } from "../request-context.ts";
import { listMyRequests } from "../requests/my-requests.ts";
import { tokenOf } from "../sign-in/bearer-token.ts";
import { describeApi } from "./openapi.ts";

/** What a program may do with a token of the identity provider. Problems are RFC 9457 documents. */
export function registerApi(app: App, deps: Deps): void {
  // First, so that it sees every route after it.
  describeApi(app, deps);

  app.get(
    "/api/demandes/miennes",
    {
      config: { auth: "token" },
      schema: {
        summary: "Les demandes de la personne au nom de qui le jeton a été émis, auprès de cette entité",
        operationId: "listMyRequests",
        security: [{ accessToken: ["requests"] }],
        response: { 200: MyRequests },
      },
    },
    async (request, reply) => {
      const { sub } = tokenOf(request, "requests");
      reply.header("cache-control", "private, no-store");
      return { requests: await listMyRequests(deps, siteOf(request), sub) };
    },
  );
}
