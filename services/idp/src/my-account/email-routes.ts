import type { App } from "@interco/platform/http";
import { hashToken } from "@interco/platform/secrets";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { emailKey } from "../accounts/account-repository.ts";
import { isEmail } from "../accounts/email-address.ts";
import type { AccountOwners, Owner } from "./account-owner.ts";
import { type AccountPages, AccountQuery, COSTLY, Csrf } from "./account-pages.ts";
import { askEmail, type ChangeEmailParts, confirmEmail, tryEmailCode } from "./change-email.ts";
import type { EmailChange } from "./email-change-repository.ts";

const Form = Type.Object({ email: Type.Optional(Type.String({ maxLength: 500 })), _csrf: Csrf });
const Code = Type.Object({ code: Type.Optional(Type.String({ maxLength: 50 })), _csrf: Csrf });
const Empty = Type.Object({ _csrf: Csrf });
const Link = Type.Object({ token: Type.String({ maxLength: 100 }) });

export interface EmailRouteParts extends ChangeEmailParts {
  owners: AccountOwners;
  pages: AccountPages;
}

/**
 * A person gives another address. It counts once it has answered, to who is signed in to the account: a link opened by
 * somebody else, who was made to, gives their address to nobody.
 */
export function emailRoutes(app: App, parts: EmailRouteParts): void {
  const { owners, pages, emailChanges } = parts;

  app.get(
    "/compte/adresse",
    { config: { auth: "public" }, schema: { querystring: AccountQuery } },
    async (request, reply) => {
      const owner = await owners.recentOwnerOf(request, reply);
      return owner ? showForm(request, reply, owner, "") : reply;
    },
  );

  app.post(
    "/compte/adresse",
    {
      config: { auth: "public", csrf: "handled", rateLimit: COSTLY },
      schema: { querystring: AccountQuery, body: Form },
    },
    async (request, reply) => {
      const owner = await owners.recentOwnerOf(request, reply);
      if (!owner) return reply;
      const email = (request.body.email ?? "").normalize("NFKC").trim();
      const again = (key: string, name?: string) =>
        showForm(request, reply, owner, email, {
          ...(name ? { name } : {}),
          message: pages.say(request, key),
        });
      if (request.csrfFailed) return again("my-account.form-expired");
      if (!isEmail(email)) return again("interactions.email-missing", "email");
      if (emailKey(email) === emailKey(owner.account.email)) return again("my-account.email.same", "email");
      await askEmail(parts, owner.account, email, {
        address: request.ip,
        language: pages.languageOf(request),
      });
      return reply.redirect("/compte/adresse/message", 303);
    },
  );

  app.get(
    "/compte/adresse/message",
    { config: { auth: "public" }, schema: { querystring: AccountQuery } },
    async (request, reply) => {
      const owner = await owners.ownerOf(request, reply);
      const asked = owner && (await emailChanges.find(owner.account.id));
      if (!owner) return reply;
      return asked ? showSent(request, reply, asked) : stopped(request, reply, "expired");
    },
  );

  app.post(
    "/compte/adresse/message",
    {
      config: { auth: "public", csrf: "handled" },
      schema: { querystring: AccountQuery, body: Code },
    },
    async (request, reply) => {
      const owner = await owners.ownerOf(request, reply);
      const asked = owner && (await emailChanges.find(owner.account.id));
      if (!owner) return reply;
      if (!asked) return stopped(request, reply, "expired");
      const again = (status: number, key: string, params = {}) =>
        showSent(request, reply, asked, status, pages.say(request, key, params));
      if (request.csrfFailed) return again(422, "my-account.form-expired");
      const code = (request.body.code ?? "").replace(/\s/g, "");
      if (!/^\d{6}$/.test(code)) return again(422, "registration.code-missing");
      const result = await tryEmailCode(parts, asked, code, request.ip);
      if ("waitSeconds" in result) {
        reply.header("retry-after", result.waitSeconds);
        return again(429, "interactions.wait", { seconds: result.waitSeconds });
      }
      if ("right" in result) return confirmed(request, reply, owner, asked);
      if (result.triesLeft === 0) return stopped(request, reply, "tries");
      return again(422, "registration.code-wrong", { count: result.triesLeft });
    },
  );

  // A link in a mail is opened by programs that look for dangers too: opening it changes nothing.
  app.get(
    "/compte/adresse/confirmer/:token",
    { config: { auth: "public" }, schema: { params: Link, querystring: AccountQuery } },
    async (request, reply) => {
      const owner = await owners.ownerOf(request, reply);
      if (!owner) return reply;
      const asked = await askedBy(owner, request.params.token);
      return asked ? showConfirm(request, reply, owner, asked) : stopped(request, reply, "expired");
    },
  );

  app.post(
    "/compte/adresse/confirmer/:token",
    {
      config: { auth: "public", csrf: "handled" },
      schema: { params: Link, querystring: AccountQuery, body: Empty },
    },
    async (request, reply) => {
      const owner = await owners.ownerOf(request, reply);
      if (!owner) return reply;
      const asked = await askedBy(owner, request.params.token);
      if (!asked) return stopped(request, reply, "expired");
      if (request.csrfFailed) return showConfirm(request, reply, owner, asked, 422);
      return confirmed(request, reply, owner, asked);
    },
  );

  async function askedBy({ account }: Owner, token: string): Promise<EmailChange | undefined> {
    const asked = await emailChanges.find(account.id);
    return asked?.id.equals(hashToken(token)) ? asked : undefined;
  }

  async function confirmed(request: FastifyRequest, reply: FastifyReply, owner: Owner, asked: EmailChange) {
    const outcome = await confirmEmail(parts, owner.account, asked, pages.languageOf(request));
    if (outcome === "changed") return reply.redirect("/compte?fait=adresse", 303);
    return stopped(request, reply, outcome === "taken" ? "taken" : "expired");
  }

  function showForm(
    request: FastifyRequest,
    reply: FastifyReply,
    { account }: Owner,
    email: string,
    error?: { name?: string; message: string },
  ) {
    const state = { status: error ? 422 : 200, errors: error ? [error] : [], fields: ["email"] };
    return pages.show(request, reply, "email", { email, present: account.email }, state);
  }

  function showSent(
    request: FastifyRequest,
    reply: FastifyReply,
    { email }: EmailChange,
    status = 200,
    error?: string,
  ) {
    const errors = error ? [{ name: "code", message: error }] : [];
    return pages.show(request, reply, "email-sent", { email }, { status, errors, fields: ["code"] });
  }

  function showConfirm(
    request: FastifyRequest,
    reply: FastifyReply,
    { account }: Owner,
    { email }: EmailChange,
    status = 200,
  ) {
    const errors = status === 200 ? [] : [{ message: pages.say(request, "my-account.form-expired") }];
    return pages.show(request, reply, "email-confirm", { email, present: account.email }, { status, errors });
  }

  /** The same page for a link that is old, was used, is somebody else's, or never was. */
  function stopped(request: FastifyRequest, reply: FastifyReply, kind: "expired" | "tries" | "taken") {
    return pages.show(request, reply, "email-stopped", { kind }, { status: 400 });
  }
}
