import type { App } from "@interco/platform/http";
import { Type } from "typebox";
import { nameFault, nameLine } from "../accounts/person-name.ts";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { MailQueue } from "../mail/mail-queue.ts";
import type { AccountOwners } from "./account-owner.ts";
import { type AccountPages, AccountQuery, Csrf } from "./account-pages.ts";
import type { OwnAccountRepository } from "./own-account-repository.ts";
import type { ChangeLetters } from "./tell-change.ts";

const Form = Type.Object({
  givenName: Type.Optional(Type.String({ maxLength: 500 })),
  familyName: Type.Optional(Type.String({ maxLength: 500 })),
  _csrf: Csrf,
});
const FIELDS = ["givenName", "familyName"] as const;
const KEY = { givenName: "given-name", familyName: "family-name" } as const;

export interface NamesRouteParts {
  owners: AccountOwners;
  pages: AccountPages;
  own: OwnAccountRepository;
  changes: ChangeLetters;
  mails: MailQueue;
  journal: SignInJournal;
}

/** A person corrects their name. Sites hear of it at the next sign-in there. */
export function namesRoutes(
  app: App,
  { owners, pages, own, changes, mails, journal }: NamesRouteParts,
): void {
  app.get(
    "/compte/nom",
    { config: { auth: "public" }, schema: { querystring: AccountQuery } },
    async (request, reply) => {
      const owner = await owners.ownerOf(request, reply);
      if (!owner) return reply;
      const { givenName, familyName } = owner.account;
      return pages.show(request, reply, "names", { givenName, familyName }, { fields: FIELDS });
    },
  );

  app.post(
    "/compte/nom",
    { config: { auth: "public", csrf: "handled" }, schema: { querystring: AccountQuery, body: Form } },
    async (request, reply) => {
      const owner = await owners.ownerOf(request, reply);
      if (!owner) return reply;
      const typed = {
        givenName: nameLine(request.body.givenName),
        familyName: nameLine(request.body.familyName),
      };
      const errors = FIELDS.flatMap((name) => {
        const fault = nameFault(typed[name]);
        return fault ? [{ name, message: pages.say(request, `registration.${KEY[name]}-${fault}`) }] : [];
      });
      const expired = { message: pages.say(request, "my-account.form-expired") };
      if (request.csrfFailed || errors.length > 0)
        return pages.show(request, reply, "names", typed, {
          status: 422,
          errors: request.csrfFailed ? [expired] : errors,
          fields: FIELDS,
        });
      const change = {
        kind: "names_changed",
        subject: "my-account.told.names",
        text: "my-account.told.names.text",
        params: { name: `${typed.givenName} ${typed.familyName}` },
      };
      const { account } = owner;
      const telling = changes.of(account, change, pages.languageOf(request));
      if (await own.changeNames(account.id, typed.givenName, typed.familyName, telling)) {
        mails.wake();
        await journal.add({ kind: "names_changed", accountId: account.id });
      }
      return reply.redirect("/compte?fait=nom", 303);
    },
  );
}
