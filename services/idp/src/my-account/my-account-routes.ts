import type { App } from "@interco/platform/http";
import { Type } from "typebox";
import { OWN_RETURN } from "../clients/own-client.ts";
import { ACCOUNT_MENU } from "./account-menu.ts";
import { isOwnPath } from "./account-owner.ts";
import { type DataRouteParts, dataRoutes } from "./data-routes.ts";
import { type DeletionRouteParts, deletionRoutes } from "./deletion-routes.ts";
import { type DisownRouteParts, disownRoutes } from "./disown-routes.ts";
import { type EmailRouteParts, emailRoutes } from "./email-routes.ts";
import { type HistoryRouteParts, historyRoutes } from "./history-routes.ts";
import { type NamesRouteParts, namesRoutes } from "./names-routes.ts";
import { type PasswordRouteParts, passwordRoutes } from "./password-routes.ts";
import { type SessionsRouteParts, sessionsRoutes } from "./sessions-routes.ts";

/** What a page says was done, after it led back to the first one. */
const Done = Type.Union(["nom", "adresse", "mot-de-passe"].map((what) => Type.Literal(what)));
const Query = Type.Object({
  lang: Type.Optional(Type.String({ maxLength: 10 })),
  fait: Type.Optional(Done),
});
const Return = Type.Object({ state: Type.Optional(Type.String({ maxLength: 200 })) });

export interface MyAccountParts
  extends NamesRouteParts,
    EmailRouteParts,
    PasswordRouteParts,
    SessionsRouteParts,
    HistoryRouteParts,
    DataRouteParts,
    DeletionRouteParts,
    DisownRouteParts {
  /** The entities an agent works for. */
  employersOf(accountId: string): Promise<{ name: string; origin: string }[]>;
  /** People may come from other providers. */
  upstreams: boolean;
}

/** The account area: what a person sees of their account and does with it. */
export function myAccountRoutes(app: App, parts: MyAccountParts): void {
  const { owners, pages } = parts;
  const menu = ACCOUNT_MENU.filter((entry) => parts.upstreams || !entry.upstreams);

  app.get(
    "/compte",
    { config: { auth: "public" }, schema: { querystring: Query } },
    async (request, reply) => {
      const owner = await owners.ownerOf(request, reply);
      if (!owner) return reply;
      const { givenName, familyName, email, kind } = owner.account;
      return pages.show(request, reply, "home", {
        name: `${givenName} ${familyName}`,
        email,
        kind,
        menu,
        employers: kind === "professional" ? await parts.employersOf(owner.account.id) : [],
        done: request.query.fait ?? null,
      });
    },
  );

  // Whoever asks for it is led to a page that asks who they are: nothing here depends on the answer's code.
  app.get(
    OWN_RETURN,
    { config: { auth: "public" }, schema: { querystring: Return } },
    async (request, reply) => {
      const { state = "" } = request.query;
      return reply.redirect(isOwnPath(state) && state !== OWN_RETURN ? state : "/compte", 303);
    },
  );

  // Where a site has its sign-in, this service's own pages have theirs.
  app.get("/connexion", { config: { auth: "public" } }, async (_request, reply) =>
    reply.redirect("/compte", 303),
  );

  namesRoutes(app, parts);
  emailRoutes(app, parts);
  passwordRoutes(app, parts);
  sessionsRoutes(app, parts);
  historyRoutes(app, parts);
  dataRoutes(app, parts);
  deletionRoutes(app, parts);
  disownRoutes(app, parts);
}
