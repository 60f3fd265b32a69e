import type { App } from "@interco/platform/http";
import { hashToken } from "@interco/platform/secrets";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { type AccountPages, AccountQuery, COSTLY, Csrf } from "./account-pages.ts";
import { type DisownParts, disown } from "./disown.ts";

const Link = Type.Object({ token: Type.String({ maxLength: 100 }) });
const Empty = Type.Object({ _csrf: Csrf });

export interface DisownRouteParts extends DisownParts {
  pages: AccountPages;
}

/**
 * "It wasn't me", by the link of a mail that told of a change. The link is all it takes: who lost their account can't sign in.
 * It gives nothing but a stop: the way back in is recovery, by the address the mail went to.
 */
export function disownRoutes(app: App, parts: DisownRouteParts): void {
  const { pages, told } = parts;

  // A link in a mail is opened by programs that look for dangers too: opening it changes nothing.
  app.get(
    "/compte/pas-moi/:token",
    {
      config: { auth: "public", rateLimit: COSTLY },
      schema: { params: Link, querystring: AccountQuery },
    },
    async (request, reply) => {
      const change = await told.find(hashToken(request.params.token));
      return change ? show(request, reply, 200) : stopped(request, reply);
    },
  );

  app.post(
    "/compte/pas-moi/:token",
    {
      config: { auth: "public", csrf: "handled", rateLimit: COSTLY },
      schema: { params: Link, querystring: AccountQuery, body: Empty },
    },
    async (request, reply) => {
      const change = await told.find(hashToken(request.params.token));
      if (!change) return stopped(request, reply);
      if (request.csrfFailed) return show(request, reply, 422);
      const done = await disown(parts, change, pages.languageOf(request));
      if (!done) return stopped(request, reply);
      return pages.show(request, reply, "disowned", {
        recover: done.email !== null,
        territory: pages.territory,
      });
    },
  );

  function show(request: FastifyRequest, reply: FastifyReply, status: number) {
    const errors = status === 200 ? [] : [{ message: pages.say(request, "my-account.form-expired") }];
    return pages.show(request, reply, "disown", {}, { status, errors });
  }

  function stopped(request: FastifyRequest, reply: FastifyReply) {
    return pages.show(request, reply, "disown-stopped", {}, { status: 400 });
  }
}
