import type { App } from "@interco/platform/http";
import { showDate } from "@interco/ui/dates";
import { Type } from "typebox";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { EndSessions } from "../logout/end-sessions.ts";
import type { MailQueue } from "../mail/mail-queue.ts";
import type { AccountLifeRepository } from "./account-life-repository.ts";
import type { AccountOwners } from "./account-owner.ts";
import { type AccountPages, AccountQuery, Csrf } from "./account-pages.ts";
import { GRACE_DAYS } from "./inactivity.ts";
import type { ChangeLetters } from "./tell-change.ts";

const Empty = Type.Object({ _csrf: Csrf });
const DAY_MS = 24 * 60 * 60_000;

export interface DeletionRouteParts {
  owners: AccountOwners;
  pages: AccountPages;
  lives: AccountLifeRepository;
  changes: ChangeLetters;
  mails: MailQueue;
  journal: SignInJournal;
  endSessions: EndSessions;
}

/** A person asks for the end of their account (GDPR art. 17), which comes a while later: who regrets it signs in. */
export function deletionRoutes(app: App, parts: DeletionRouteParts): void {
  const { owners, pages, lives, changes, mails, journal, endSessions } = parts;

  app.get(
    "/compte/suppression",
    { config: { auth: "public" }, schema: { querystring: AccountQuery } },
    async (request, reply) => {
      const owner = await owners.recentOwnerOf(request, reply);
      return owner ? pages.show(request, reply, "deletion", { days: GRACE_DAYS }) : reply;
    },
  );

  app.post(
    "/compte/suppression",
    { config: { auth: "public" }, schema: { querystring: AccountQuery, body: Empty } },
    async (request, reply) => {
      const owner = await owners.recentOwnerOf(request, reply);
      if (!owner) return reply;
      const { account } = owner;
      const language = pages.languageOf(request);
      const date = showDate(new Date(Date.now() + GRACE_DAYS * DAY_MS), "day", language, new Date());
      const change = {
        kind: "deletion_asked",
        subject: "my-account.told.deletion",
        text: "my-account.told.deletion.text",
        params: { date },
      };
      await lives.askDeletion(account.id, changes.of(account, change, language));
      mails.wake();
      await journal.add({ kind: "deletion_asked", accountId: account.id });
      await endSessions(account.id, { reason: "deletion_asked" });
      return reply.redirect("/compte/a-supprimer", 303);
    },
  );

  // To somebody who is signed out: the mail has the date.
  app.get(
    "/compte/a-supprimer",
    { config: { auth: "public" }, schema: { querystring: AccountQuery } },
    async (request, reply) => pages.show(request, reply, "deletion-asked", { days: GRACE_DAYS }),
  );
}
