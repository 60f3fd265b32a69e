import { Type } from "typebox";
import type { App, Deps } from "../deps.ts";
import { siteOf } from "../request-context.ts";
import { readLogoutToken } from "./logout-token.ts";
import { endSessionsOf, useLogoutToken } from "./session-repository.ts";

/** The provider says that somebody signed out elsewhere (OpenID Connect Back-Channel Logout 1.0 §2.5). */
export function registerRemoteSignOut(app: App, deps: Deps): void {
  app.post(
    "/connexion/deconnexion-distante",
    {
      config: { auth: "internal" },
      schema: { body: Type.Object({ logout_token: Type.String({ maxLength: 10_000 }) }) },
    },
    async (request, reply) => {
      const site = siteOf(request);
      const word = await readLogoutToken(deps.identity, site, request.body.logout_token);
      const ended = word && (await apply(site.hosted.client.id, word));
      reply.header("cache-control", "no-store");
      if (!ended) {
        // A token that is refused ended nothing: a provider that is misconfigured, or somebody who tries.
        const reason = word ? "came before" : "not valid for this site";
        request.log.warn(
          { event: "logout_token", site: site.entity.id, reason, reqId: request.id },
          "refused",
        );
        return reply.code(400).send({ error: "invalid_request" });
      }
      for (const idHash of ended) deps.tokens.forget(idHash);
      return reply.code(200).send();
    },
  );

  /** Remembers the token and ends the sessions in one transaction; undefined for a token that came before. */
  function apply(clientId: string, word: NonNullable<Awaited<ReturnType<typeof readLogoutToken>>>) {
    return deps.db.within({}, async (trx) =>
      (await useLogoutToken(trx, word.jti, word.expiresAt))
        ? endSessionsOf(trx, clientId, word.who)
        : undefined,
    );
  }
}
