import { hash } from "node:crypto";
import type { App } from "@interco/platform/http";
import { hashToken } from "@interco/platform/secrets";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { answerPage, requestLanguage } from "../interactions/answer-page.ts";
import type { AccountOwners, Owner } from "../my-account/account-owner.ts";
import type { FormError } from "../my-account/account-pages.ts";
import { ACR, type Amr, withSecond } from "../provider/acr.ts";
import type { KnownPasskey } from "./factor.ts";
import type { Removal } from "./factor-repository.ts";
import { Csrf, Query, type SecondStepParts, TYPED } from "./second-step-routes.ts";
import type { SetUpParts } from "./set-up.ts";
import { type FindPlace, nameOf, setUpRoutes } from "./set-up-routes.ts";
import type { FactorChange, TellFactorParts } from "./tell-factor.ts";

const HOME = "/compte/securite";
const Which = Type.Object({
  what: Type.Union([Type.Literal("cle"), Type.Literal("application"), Type.Literal("codes")]),
  ref: Type.Optional(Type.String({ pattern: "^[0-9a-f]{16}$" })),
});
const Rename = Type.Object({ ref: Type.String({ pattern: "^[0-9a-f]{16}$" }) });
const Empty = Type.Object({ _csrf: Csrf });
const Name = Type.Object({ name: Type.Optional(Type.String({ maxLength: 200 })), _csrf: Csrf });

const REMOVED = { cle: "passkey", application: "authenticator", codes: "codes" } as const;

export interface MyFactorsParts extends SecondStepParts, SetUpParts, TellFactorParts {
  owners: AccountOwners;
}

/** One's second factors: seen, added, named, removed. Changing them asks for credentials of a short while ago, the factor included. */
export function myFactorsRoutes(app: App, parts: MyFactorsParts): void {
  const { factors, steps, pages, owners, journal, tellFactor } = parts;
  const show = (
    request: FastifyRequest,
    reply: FastifyReply,
    screen: string,
    context: object,
    error?: FormError,
  ) =>
    answerPage(
      parts,
      request,
      reply,
      screen,
      {
        errors: error ? [error] : [],
        error: error?.name ? error.message : null,
        wrong: Boolean(error),
        ...context,
      },
      { status: error ? 422 : 200 },
    );
  const say = (request: FastifyRequest, key: string) => pages.translate(requestLanguage(request), key);

  app.get(HOME, { config: { auth: "public" }, schema: { querystring: Query } }, async (request, reply) => {
    const owner = await owners.ownerOf(request, reply);
    return owner ? showHome(request, reply, owner) : reply;
  });

  setUpRoutes(app, parts, HOME, async (request, reply) => {
    const owner = await recentOwner(request, reply);
    return owner && placeOf(request, reply, owner);
  });

  const renaming = { params: Rename, querystring: Query };
  app.get(`${HOME}/nommer/:ref`, { config: { auth: "public" }, schema: renaming }, async (request, reply) => {
    const owner = await recentOwner(request, reply);
    if (!owner) return reply;
    const key = await findKey(owner, request.params.ref);
    return key ? showName(request, reply, key.name) : reply.redirect(HOME, 303);
  });
  app.post(
    `${HOME}/nommer/:ref`,
    { config: { auth: "public", csrf: "handled", rateLimit: TYPED }, schema: { ...renaming, body: Name } },
    async (request, reply) => {
      const owner = await recentOwner(request, reply);
      if (!owner) return reply;
      const key = await findKey(owner, request.params.ref);
      if (!key) return reply.redirect(HOME, 303);
      const name = nameOf(request.body.name);
      if (request.csrfFailed)
        return showName(request, reply, name, { message: say(request, "factors.form-expired") });
      if (!name)
        return showName(request, reply, name, {
          name: "name",
          message: say(request, "factors.name-missing"),
        });
      await factors.renamePasskey(owner.account.id, key.credentialId, name);
      await journal.add({ kind: "factor_renamed", accountId: owner.account.id });
      return reply.redirect(HOME, 303);
    },
  );

  for (const path of [`${HOME}/retirer/:what`, `${HOME}/retirer/:what/:ref`]) {
    const removing = { params: Which, querystring: Query };
    app.get(path, { config: { auth: "public" }, schema: removing }, async (request, reply) => {
      const owner = await recentOwner(request, reply);
      if (!owner) return reply;
      const removal = await removalOf(owner, request.params);
      return removal ? showRemoval(request, reply, request.params, removal) : reply.redirect(HOME, 303);
    });
    app.post(
      path,
      { config: { auth: "public", csrf: "handled", rateLimit: TYPED }, schema: { ...removing, body: Empty } },
      async (request, reply) => {
        const owner = await recentOwner(request, reply);
        if (!owner) return reply;
        const removal = await removalOf(owner, request.params);
        if (!removal) return reply.redirect(HOME, 303);
        const again = (key: string) =>
          showRemoval(request, reply, request.params, removal, { message: say(request, key) });
        if (request.csrfFailed) return again("factors.form-expired");
        const outcome = await factors.remove(owner.account.id, removal.which);
        if (outcome === "last") return again("factors.remove.last");
        if (outcome === "removed") {
          const what = REMOVED[request.params.what];
          await journal.add({ kind: "factor_removed", accountId: owner.account.id, detail: { what } });
          await tell(request, owner, `${what}-removed`);
        }
        return reply.redirect(HOME, 303);
      },
    );
  }

  /** A session that showed one factor, of an account that has two, changes none of them. */
  async function recentOwner(request: FastifyRequest, reply: FastifyReply): Promise<Owner | undefined> {
    const owner = await owners.recentOwnerOf(request, reply);
    if (!owner || owner.acr === ACR.multi || !(await factors.of(owner.account.id)).any) return owner;
    // Who has just set up their first one has shown it.
    const step = await steps.find(keyOf(owner));
    if (step?.account.id === owner.account.id && step.amr.includes("mfa")) return owner;
    return owners.recentOwnerOf(request, reply, { acrValues: [ACR.multi] });
  }

  async function placeOf(request: FastifyRequest, reply: FastifyReply, owner: Owner): ReturnType<FindPlace> {
    const { account, sessionUid, amr } = owner;
    const key = keyOf(owner);
    let step = await steps.find(key);
    if (step?.account.id !== account.id) {
      await steps.begin(key, account.id, amr as Amr[]);
      step = await steps.find(key);
    }
    return {
      key,
      account,
      pending: step?.pending ?? null,
      home: HOME,
      at: (page) => `${HOME}${page}`,
      site: null,
      signingIn: false,
      async added(what, method) {
        await steps.prove(key, withSecond(amr, method));
        await journal.add({ kind: "factor_added", accountId: account.id, detail: { what } });
        await tellFactor(account, `${what}-added`, requestLanguage(request), { except: sessionUid });
      },
      done: () => Promise.resolve(reply.redirect(HOME, 303)),
    };
  }

  function tell(request: FastifyRequest, { account, sessionUid }: Owner, change: FactorChange) {
    return tellFactor(account, change, requestLanguage(request), { except: sessionUid });
  }

  async function findKey({ account }: Owner, ref: string | undefined): Promise<KnownPasskey | undefined> {
    return (await factors.passkeysOf(account.id)).find((key) => refOf(key) === ref);
  }

  async function removalOf(
    owner: Owner,
    { what, ref }: { what: keyof typeof REMOVED; ref?: string },
  ): Promise<{ which: Removal; name: string | null } | undefined> {
    if (what !== "cle") return { which: { what: REMOVED[what] }, name: null };
    const key = await findKey(owner, ref);
    return key && { which: { what: "passkey", credentialId: key.credentialId }, name: key.name };
  }

  async function showHome(request: FastifyRequest, reply: FastifyReply, { account }: Owner) {
    const [has, keys, program, printedAt] = await Promise.all([
      factors.of(account.id),
      factors.passkeysOf(account.id),
      factors.findAuthenticator(account.id),
      factors.codesMadeAt(account.id),
    ]);
    return show(request, reply, "factors/mine", {
      has,
      professional: account.kind === "professional",
      keys: keys.map((key) => ({
        name: key.name,
        addedAt: key.createdAt,
        usedAt: key.usedAt,
        syncable: key.syncable,
        renameHref: `${HOME}/nommer/${refOf(key)}`,
        removeHref: `${HOME}/retirer/cle/${refOf(key)}`,
      })),
      program: program ? { addedAt: program.createdAt, usedAt: program.usedAt } : null,
      printedAt: printedAt ?? null,
      few: has.codes <= 3,
      base: HOME,
    });
  }

  function showName(
    request: FastifyRequest,
    reply: FastifyReply,
    value: string,
    error?: { name?: string; message: string },
  ) {
    return show(request, reply, "factors/rename", { value, home: HOME }, error);
  }

  function showRemoval(
    request: FastifyRequest,
    reply: FastifyReply,
    { what }: { what: keyof typeof REMOVED },
    { name }: { name: string | null },
    error?: { message: string },
  ) {
    const context = { what: REMOVED[what], name: name ?? "", home: HOME };
    return show(request, reply, "factors/remove", context, error);
  }
}

/** Where a session keeps what is being set up. */
function keyOf({ sessionUid }: Owner): Buffer {
  return hashToken(`session:${sessionUid}`);
}

/** What an address calls a key: its own id may be longer than one. */
function refOf({ credentialId }: KnownPasskey): string {
  return hash("sha256", credentialId, "hex").slice(0, 16);
}
