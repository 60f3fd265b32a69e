import { hashToken } from "@interco/platform/secrets";
import type { App, Deps } from "../deps.ts";
import "../request-context.ts";
import { sessionEnd } from "./session.ts";
import { sessionToken } from "./session-cookie.ts";
import { extendSession, findSession } from "./session-repository.ts";

/** The end of a session is written again only when it moves by this much: reading pages costs no write each. */
const WORTH_A_WRITE_MS = 120_000;

/** Answers that are the same for everybody, whose requests carry the cookie all the same. */
const FOR_EVERYBODY =
  /^\/(assets|theme|logos|health|metrics|api(?!\/backoffice)|openapi\.json|icon\.svg)(\/|\?|$)/;

/** Before any handler: who is signed in on this site. A visit without the cookie costs no query. */
export function loadSessions(app: App, deps: Deps): void {
  app.addHook("onRequest", async (request) => {
    const token = sessionToken(request);
    const site = request.siteOrNull;
    if (!token || !site || FOR_EVERYBODY.test(request.url)) return;
    const session = await findSession(deps.db, hashToken(token), site.entity.id);
    if (!session) return;
    request.session = session;
    const end = sessionEnd(session.createdAt, new Date());
    if (end.getTime() - session.expiresAt.getTime() >= WORTH_A_WRITE_MS)
      await extendSession(deps.db, session.idHash, end);
    deps.tokens.renewInBackground(session);
  });
}
