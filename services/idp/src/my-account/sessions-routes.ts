import type { App } from "@interco/platform/http";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { ClientRepository } from "../clients/client-repository.ts";
import { OWN_CLIENT } from "../clients/own-client.ts";
import type { EndSessions } from "../logout/end-sessions.ts";
import type { AccountOwners, Owner } from "./account-owner.ts";
import { type AccountPages, AccountQuery, Csrf } from "./account-pages.ts";
import { coarseNetwork } from "./device.ts";
import type { ListedSession, SessionListRepository } from "./session-list-repository.ts";

const Form = Type.Object({
  /** The session to end; all of them without it. */
  session: Type.Optional(Type.String({ maxLength: 64 })),
  _csrf: Csrf,
});

export interface SessionsRouteParts {
  owners: AccountOwners;
  pages: AccountPages;
  sessionList: SessionListRepository;
  clients: ClientRepository;
  endSessions: EndSessions;
}

/** Where a person is signed in, and the way out of one device or of all. */
export function sessionsRoutes(app: App, parts: SessionsRouteParts): void {
  const { owners, pages, sessionList, clients, endSessions } = parts;

  app.get(
    "/compte/connexions",
    { config: { auth: "public" }, schema: { querystring: AccountQuery } },
    async (request, reply) => {
      const owner = await owners.ownerOf(request, reply);
      if (!owner) return reply;
      const sites = await clients.list();
      const sessions = await sessionList.list(owner.account.id);
      const shown = sessions.map((session) => ({
        ...viewOf(session, owner, request),
        sites: sites.filter(({ clientId }) => session.clientIds.includes(clientId)),
        account: session.clientIds.includes(OWN_CLIENT),
      }));
      // This device first: whoever looks for a stranger begins by finding themselves.
      shown.sort((a, b) => Number(b.here) - Number(a.here));
      return pages.show(request, reply, "sessions", { sessions: shown, several: shown.length > 1 });
    },
  );

  app.post(
    "/compte/connexions",
    { config: { auth: "public" }, schema: { querystring: AccountQuery, body: Form } },
    async (request, reply) => {
      const owner = await owners.ownerOf(request, reply);
      if (!owner) return reply;
      const { session } = request.body;
      await endSessions(owner.account.id, { only: session, reason: session ? "one" : "everywhere" });
      if (session && session !== owner.sessionUid) return reply.redirect("/compte/connexions", 303);
      return reply.redirect("/compte/deconnecte", 303);
    },
  );

  app.get(
    "/compte/deconnecte",
    { config: { auth: "public" }, schema: { querystring: AccountQuery } },
    async (request, reply) => pages.show(request, reply, "signed-out", { sites: await clients.list() }),
  );
}

function viewOf(session: ListedSession, owner: Owner, request: FastifyRequest) {
  const { sessionUid, signedInAt, device, network } = session;
  return {
    sessionUid,
    signedInAt,
    // Neither is known of a program that says nothing of itself.
    device: device && (device.browser !== "other" || device.system !== "other") ? device : null,
    here: sessionUid === owner.sessionUid,
    network: network || null,
    sameNetwork: network !== "" && network === coarseNetwork(request.ip),
  };
}
