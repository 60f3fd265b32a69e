import type { App } from "@interco/platform/http";
import type { OwnHistoryRepository } from "../audit/own-history-repository.ts";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { AccountOwners } from "./account-owner.ts";
import { type AccountPages, AccountQuery } from "./account-pages.ts";
import { exportData } from "./export-data.ts";
import type { OwnDataRepository } from "./own-data-repository.ts";

export interface DataRouteParts {
  owners: AccountOwners;
  pages: AccountPages;
  ownData: OwnDataRepository;
  history: OwnHistoryRepository;
  journal: SignInJournal;
}

/** A person's copy of what is held of them (GDPR art. 15, 3 and 20, 1). */
export function dataRoutes(app: App, parts: DataRouteParts): void {
  const { owners, pages, journal } = parts;

  app.get(
    "/compte/donnees",
    { config: { auth: "public" }, schema: { querystring: AccountQuery } },
    async (request, reply) => {
      const owner = await owners.ownerOf(request, reply);
      return owner ? pages.show(request, reply, "data", {}) : reply;
    },
  );

  app.get(
    "/compte/donnees/copie",
    { config: { auth: "public" }, schema: { querystring: AccountQuery } },
    async (request, reply) => {
      const owner = await owners.recentOwnerOf(request, reply);
      if (!owner) return reply;
      const data = await exportData(parts, owner.account.id);
      await journal.add({ kind: "data_exported", accountId: owner.account.id });
      reply.type("application/json; charset=utf-8").header("cache-control", "no-store");
      reply.header("content-disposition", 'attachment; filename="mon-compte.json"');
      return reply.send(JSON.stringify(data, null, 2));
    },
  );
}
