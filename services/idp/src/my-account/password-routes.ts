import type { App } from "@interco/platform/http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { TooBusy } from "../credentials/bounded-work.ts";
import { PASSWORD_LENGTH } from "../credentials/password-length.ts";
import { passwordAdvice, passwordRefusal } from "../credentials/password-policy.ts";
import type { AccountOwners, Owner } from "./account-owner.ts";
import { type AccountPages, AccountQuery, COSTLY, Csrf, type FormError } from "./account-pages.ts";
import { type ChangePasswordParts, changePassword } from "./change-password.ts";

const Form = Type.Object({
  current: Type.Optional(Type.String({ maxLength: 2000 })),
  password: Type.Optional(Type.String({ maxLength: 2000 })),
  /** Which button was pressed; the first one changes it. */
  action: Type.Optional(Type.String({ maxLength: 20 })),
  _csrf: Csrf,
});
const FIELDS = ["current", "password"] as const;

export interface PasswordRouteParts extends ChangePasswordParts {
  owners: AccountOwners;
  pages: AccountPages;
}

/** A person changes their password, with the present one (ASVS 5, V6.2.3). */
export function passwordRoutes(app: App, parts: PasswordRouteParts): void {
  const { owners, pages } = parts;

  app.get(
    "/compte/mot-de-passe",
    { config: { auth: "public" }, schema: { querystring: AccountQuery } },
    async (request, reply) => {
      const owner = await owners.ownerOf(request, reply);
      return owner ? show(request, reply, owner, 200) : reply;
    },
  );

  app.post(
    "/compte/mot-de-passe",
    {
      config: { auth: "public", csrf: "handled", rateLimit: COSTLY },
      schema: { querystring: AccountQuery, body: Form },
    },
    async (request, reply) => {
      const owner = await owners.ownerOf(request, reply);
      if (!owner) return reply;
      const { current = "", password = "", action } = request.body;
      const again = (status: number, errors: FormError[], visible = false) =>
        show(request, reply, owner, status, errors, visible);
      const say = (key: string, params = {}) => pages.say(request, key, params);
      if (request.csrfFailed) return again(422, [{ message: say("my-account.form-expired") }]);
      if (action === "montrer") return again(200, [], true);
      const { email, givenName, familyName } = owner.account;
      const errors: FormError[] = [];
      if (!current) errors.push({ name: "current", message: say("my-account.password.current-missing") });
      const names = [givenName, familyName];
      const refused = passwordRefusal(password, { email, names, territory: pages.territory });
      if (refused) {
        const { key, params } = passwordAdvice(refused);
        errors.push({ name: "password", message: say(key, params) });
      }
      if (errors.length > 0) return again(422, errors);
      try {
        const outcome = await changePassword(parts, owner.account, {
          current,
          password,
          address: request.ip,
          sessionUid: owner.sessionUid,
          language: pages.languageOf(request),
        });
        if (outcome === "changed") return reply.redirect("/compte?fait=mot-de-passe", 303);
        if (outcome === "wrong")
          return again(422, [{ name: "current", message: say("my-account.password.current-wrong") }]);
        reply.header("retry-after", outcome.waitSeconds);
        return again(429, [{ message: say("interactions.wait", { seconds: outcome.waitSeconds }) }]);
      } catch (error) {
        if (!(error instanceof TooBusy)) throw error;
        reply.header("retry-after", 5);
        return again(503, [{ message: say("interactions.busy") }]);
      }
    },
  );

  async function show(
    request: FastifyRequest,
    reply: FastifyReply,
    { account }: Owner,
    status: number,
    errors: FormError[] = [],
    visible = false,
  ) {
    // Its person comes in by other means: there is none to give, and a first one is set by recovery.
    const has = (await parts.own.passwordHash(account.id)) !== undefined;
    const passwordHint = pages.say(request, "credentials.password.hint", PASSWORD_LENGTH);
    const context = { has, visible, passwordHint, email: account.email };
    return pages.show(request, reply, "password", context, { status, errors, fields: FIELDS });
  }
}
