import type { App } from "@interco/platform/http";
import { hashToken } from "@interco/platform/secrets";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { ClientRepository } from "../clients/client-repository.ts";
import type { Pages } from "../interactions/page.ts";
import { AccountPages } from "../my-account/account-pages.ts";
import { Csrf, Query } from "./console-page.ts";
import { confirmReset, endReset, type ResetParts } from "./reset-factors.ts";

const Link = Type.Object({ token: Type.String({ maxLength: 100 }) });
const Answer = Type.Object({
  action: Type.Union([Type.Literal("confirmer"), Type.Literal("refuser"), Type.Literal("arreter")]),
  _csrf: Csrf,
});
/** What one network may ask of these pages in ten minutes (outside development). */
const TRIED = { max: 60, timeWindow: 10 * 60_000 };

export interface ResetLinkParts extends ResetParts {
  clients: ClientRepository;
  pages: Pages;
  secure: boolean;
}

/** What the links in a reset's mails lead to: the official confirms or refuses, its person stops it. Opening one changes nothing. */
export function resetLinkPages(app: App, parts: ResetLinkParts): void {
  const { resets, clients, pages, secure } = parts;
  const own = new AccountPages(pages, secure, "console");
  const show = (
    request: FastifyRequest,
    reply: FastifyReply,
    screen: string,
    context: object,
    status = 200,
  ) => {
    // The address holds the link's token: no page that is gone to from here learns it.
    reply.header("referrer-policy", "no-referrer");
    return own.show(request, reply, screen, context, { status });
  };
  const find = async (request: FastifyRequest) => {
    const link = hashToken((request.params as { token: string }).token);
    const confirm = await resets.findByConfirmLink(link);
    if (confirm) return { reset: confirm, role: "official" as const };
    const stop = await resets.findByStopLink(link);
    return stop && { reset: stop, role: "person" as const };
  };

  app.get(
    "/reinitialisation/:token",
    { config: { auth: "public", rateLimit: TRIED }, schema: { params: Link, querystring: Query } },
    async (request, reply) => {
      const found = await find(request);
      if (!found) return show(request, reply, "reset-done", { outcome: "gone" }, 400);
      const { reset, role } = found;
      const site = reset.clientId ? ((await clients.find(reset.clientId))?.entity_name ?? "") : "";
      return show(request, reply, "reset-link", {
        official: role === "official",
        name: `${reset.givenName} ${reset.familyName}`,
        email: reset.email,
        site,
        asker: reset.askedByName,
        reason: reset.reason,
        expiresAt: reset.expiresAt,
      });
    },
  );

  app.post(
    "/reinitialisation/:token",
    {
      config: { auth: "public", rateLimit: TRIED },
      schema: { params: Link, querystring: Query, body: Answer },
    },
    async (request, reply) => {
      const { action } = request.body;
      const found = await find(request);
      if (!found) return show(request, reply, "reset-done", { outcome: "gone" }, 400);
      const { reset, role } = found;
      if (role === "person") {
        const stopped = action === "arreter" && (await endReset(parts, reset, "stopped", reset.accountId));
        return show(
          request,
          reply,
          "reset-done",
          { outcome: stopped ? "stopped" : "gone" },
          stopped ? 200 : 400,
        );
      }
      const done =
        action === "confirmer"
          ? await confirmReset(parts, reset, "official")
          : action === "refuser" && (await endReset(parts, reset, "refused", "official"));
      const outcome = done ? (action === "confirmer" ? "confirmed" : "refused") : "gone";
      return show(request, reply, "reset-done", { outcome }, done ? 200 : 400);
    },
  );
}
