import type { App } from "@interco/platform/http";
import { Type } from "typebox";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { AccountOwners } from "../my-account/account-owner.ts";
import { type AccountPages, AccountQuery, Csrf } from "../my-account/account-pages.ts";
import { whatIsGiven } from "./consent-question.ts";
import type { ConsentRepository } from "./consent-repository.ts";

const HOME = "/compte/accords";
const Query = Type.Object({
  ...AccountQuery.properties,
  fait: Type.Optional(Type.Literal("retire")),
});
const Form = Type.Object({ site: Type.String({ maxLength: 64 }), _csrf: Csrf });

export interface MyConsentsParts {
  consents: ConsentRepository;
  owners: AccountOwners;
  pages: AccountPages;
  journal: SignInJournal;
}

/** What a person answered to sites that asked for more than they need, and the way to take an answer back. */
export function myConsentsRoutes(app: App, { consents, owners, pages, journal }: MyConsentsParts): void {
  app.get(HOME, { config: { auth: "public" }, schema: { querystring: Query } }, async (request, reply) => {
    const owner = await owners.ownerOf(request, reply);
    if (!owner) return reply;
    const words = (scopes: string[]) =>
      whatIsGiven(scopes, owner.account, (key, params = {}) => pages.say(request, key, { ...params }));
    const answers = (await consents.listOf(owner.account.id)).map(
      ({ clientId, site, accepted, refused, answeredAt }) => ({
        clientId,
        site,
        answeredAt,
        accepted: words(accepted),
        refused: words(refused).map(({ term }) => term),
      }),
    );
    return pages.show(request, reply, "mine", { answers, done: request.query.fait === "retire" });
  });

  app.post(
    HOME,
    { config: { auth: "public" }, schema: { querystring: AccountQuery, body: Form } },
    async (request, reply) => {
      const owner = await owners.ownerOf(request, reply);
      if (!owner) return reply;
      const { site: clientId } = request.body;
      if (await consents.find(owner.account.id, clientId)) {
        await consents.revoke(owner.account.id, clientId);
        await journal.add({ kind: "consent_withdrawn", accountId: owner.account.id, clientId });
      }
      return reply.redirect(`${HOME}?fait=retire`, 303);
    },
  );
}
