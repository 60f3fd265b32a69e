import type { App } from "@interco/platform/http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { AccountOwners, Owner } from "../my-account/account-owner.ts";
import { type AccountPages, AccountQuery, Csrf } from "../my-account/account-pages.ts";
import type { OwnAccountRepository } from "../my-account/own-account-repository.ts";
import type { TellChange } from "../my-account/tell-change.ts";
import type { IdentityRepository } from "./identity-repository.ts";
import type { Upstream } from "./upstream.ts";

const HOME = "/compte/identites";
const Query = Type.Object({
  ...AccountQuery.properties,
  fait: Type.Optional(Type.Literal("retiree")),
});
const Form = Type.Object({ upstream: Type.String({ maxLength: 64 }), _csrf: Csrf });

export interface MyIdentitiesParts {
  upstreams: readonly Upstream[];
  identities: IdentityRepository;
  own: OwnAccountRepository;
  owners: AccountOwners;
  pages: AccountPages;
  tellChange: TellChange;
  journal: SignInJournal;
}

/** The other providers a person may come from, and the way to come from one no more. */
export function myIdentitiesRoutes(app: App, parts: MyIdentitiesParts): void {
  const { upstreams, identities, own, owners, pages, tellChange, journal } = parts;
  const nameOf = (id: string) => upstreams.find((one) => one.id === id)?.name ?? id;

  app.get(HOME, { config: { auth: "public" }, schema: { querystring: Query } }, async (request, reply) => {
    const owner = await owners.ownerOf(request, reply);
    return owner ? show(request, reply, owner, request.query.fait === "retiree") : reply;
  });

  app.post(
    HOME,
    { config: { auth: "public" }, schema: { querystring: AccountQuery, body: Form } },
    async (request, reply) => {
      const owner = await owners.recentOwnerOf(request, reply);
      if (!owner) return reply;
      const { account } = owner;
      const { upstream } = request.body;
      const links = await identities.linksOf(account.id);
      if (!links.some((link) => link.upstream === upstream)) return reply.redirect(HOME, 303);
      // Without it, nobody could sign in to the account but by recovering it.
      if (links.length === 1 && !(await own.passwordHash(account.id)))
        return show(request, reply, owner, false, pages.say(request, "upstreams.mine.last"));
      await identities.unlink(account.id, upstream);
      await journal.add({ kind: "upstream_unlinked", accountId: account.id, detail: { upstream } });
      const told = { subject: "upstreams.told-unlinked", text: "upstreams.told-unlinked.text" };
      const change = { kind: "upstream_unlinked", ...told, params: { upstream: nameOf(upstream) } };
      await tellChange(account, change, pages.languageOf(request));
      return reply.redirect(`${HOME}?fait=retiree`, 303);
    },
  );

  async function show(
    request: FastifyRequest,
    reply: FastifyReply,
    { account }: Owner,
    done: boolean,
    refused?: string,
  ) {
    const links = (await identities.linksOf(account.id)).map((link) => ({
      ...link,
      name: nameOf(link.upstream),
    }));
    const errors = refused ? [{ message: refused }] : [];
    return pages.show(request, reply, "mine", { links, done }, { status: refused ? 422 : 200, errors });
  }
}
