import type { App } from "@interco/platform/http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Pages } from "../interactions/page.ts";
import type { Owner } from "../my-account/account-owner.ts";
import { AccountPages, type PageState } from "../my-account/account-pages.ts";
import type { AdministratorOf } from "./administrator-gate.ts";

export const CONSOLE = "/administration";
export const Query = Type.Object({
  lang: Type.Optional(Type.String({ maxLength: 10 })),
  /** What was just done, to be said. */
  fait: Type.Optional(Type.String({ maxLength: 40 })),
});
export const Csrf = Type.Optional(Type.String({ maxLength: 200 }));

export interface ConsoleParts {
  administratorOf: AdministratorOf;
  pages: Pages;
  secure: boolean;
}

export interface Desk {
  request: FastifyRequest;
  reply: FastifyReply;
  administrator: Owner;
  say(key: string, params?: Record<string, unknown>): string;
  show(screen: string, context: object, state?: PageState): string;
}

/**
 * Routes of the console: `page` for who looks, `act` for who changes something, asked for credentials again where they are old.
 * A form without its token changes nothing: `expired` says so on the page it came from.
 */
export function consoleDesk(app: App, { administratorOf, pages, secure }: ConsoleParts) {
  const own = new AccountPages(pages, secure, "console");
  const deskOf = async (request: FastifyRequest, reply: FastifyReply, recent: boolean) => {
    const administrator = await administratorOf(request, reply, { recent });
    if (!administrator) return undefined;
    return {
      request,
      reply,
      administrator,
      say: (key, params) => own.say(request, key, params),
      show: (screen, context, state) => own.show(request, reply, screen, context, state),
    } satisfies Desk;
  };
  return {
    page(path: string, work: (desk: Desk) => Promise<string>): void {
      app.get(
        `${CONSOLE}${path}`,
        { config: { auth: "public" }, schema: { querystring: Query } },
        async (request, reply) => {
          const desk = await deskOf(request, reply, false);
          return desk ? work(desk) : reply;
        },
      );
    },
    /** @param options `recent`: it changes something; `body` bounds what is sent */
    form<T extends object>(
      path: string,
      { recent, body }: { recent: boolean; body: object },
      work: (desk: Desk, values: T) => Promise<unknown>,
    ): void {
      app.post(
        `${CONSOLE}${path}`,
        { config: { auth: "public" }, schema: { querystring: Query, body } },
        async (request, reply) => {
          const desk = await deskOf(request, reply, recent);
          return desk ? work(desk, request.body as T) : reply;
        },
      );
    },
  };
}
