import { Type } from "typebox";
import type { App, Deps } from "../deps.ts";
import { page } from "../page.ts";
import { siteOf } from "../request-context.ts";
import { endProviderSession, signOutUrl } from "./end-session.ts";
import { closeFollowing } from "./follow-session.ts";
import { clearSessionCookie } from "./session-cookie.ts";

/** Signing out, here and (by the provider) of all sites. */
export function registerSignOut(app: App, deps: Deps): void {
  // A link can't sign anybody out: it asks.
  app.get("/deconnexion", { config: { auth: "public" } }, async (request, reply) => {
    if (!request.session) return reply.redirect("/deconnexion/retour", 303);
    return page(deps, request, reply, "sign-in/sign-out", { name: request.session.claims.name });
  });

  app.post(
    "/deconnexion",
    {
      config: { auth: "public", csrf: "handled" },
      schema: { body: Type.Object({ _csrf: Type.Optional(Type.String({ maxLength: 500 })) }) },
    },
    async (request, reply) => {
      const { session } = request;
      if (session && request.csrfFailed)
        return page(deps, request, reply, "sign-in/sign-out", { name: session.claims.name }, { status: 422 });
      const site = siteOf(request);
      clearSessionCookie(reply);
      closeFollowing(reply);
      if (session) await endProviderSession(deps, site, session);
      const url = session && (await signOutUrl(deps, site, request.lang));
      return reply.redirect(url ?? `/deconnexion/retour${session ? "?ici=1" : ""}`, 303);
    },
  );

  app.get(
    "/deconnexion/retour",
    {
      config: { auth: "public" },
      schema: { querystring: Type.Object({ ici: Type.Optional(Type.String({ maxLength: 5 })) }) },
    },
    async (request, reply) => {
      if (request.session) return reply.redirect("/deconnexion", 303);
      // "ici": the provider could not be asked, so that other sites may still know the person.
      return page(deps, request, reply, "sign-in/signed-out", { hereOnly: request.query.ici === "1" });
    },
  );
}
