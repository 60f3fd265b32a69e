import type { App } from "@interco/platform/http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { ClientRepository } from "../clients/client-repository.ts";
import { answerPage, requestLanguage } from "../interactions/answer-page.ts";
import { findInteraction } from "../interactions/interaction.ts";
import type { Pages } from "../interactions/page.ts";
import { viewOf } from "../interactions/site-view.ts";
import type { ProviderHost } from "../provider/provider-host.ts";
import { askingOf } from "./asking.ts";
import { type ComeBackParts, comeBack, setOut } from "./come-back.ts";
import { type Upstream, UpstreamRefusal } from "./upstream.ts";
import { arrivalCookie, browserCookie } from "./upstream-cookies.ts";
import type { UpstreamLogout } from "./upstream-logout.ts";
import { clientKey, isOffered } from "./upstream-offer.ts";

const Uid = Type.String({ pattern: "^[\\w-]{1,64}$" });
const UpstreamId = Type.String({ pattern: "^[a-z][a-z0-9-]{1,30}$" });
const Query = Type.Object({
  site: Type.Optional(Type.String({ maxLength: 64 })),
  commune: Type.Optional(Type.String({ maxLength: 64 })),
  lang: Type.Optional(Type.String({ maxLength: 10 })),
});
/** RFC 6749 §4.1.2, RFC 9207. An upstream may send more: it isn't looked at. */
const Answer = Type.Object({
  state: Type.Optional(Type.String({ maxLength: 200 })),
  code: Type.Optional(Type.String({ maxLength: 4_000 })),
  iss: Type.Optional(Type.String({ maxLength: 500 })),
  error: Type.Optional(Type.String({ maxLength: 200 })),
});
const SignedOut = Type.Object({ state: Type.Optional(Type.String({ maxLength: 200 })) });

/** What one network may begin in ten minutes (outside development): each writes a row and may ask an upstream. */
const BEGUN = { max: 300, timeWindow: 10 * 60_000 };

export interface UpstreamRouteParts extends ComeBackParts {
  clients: ClientRepository;
  host: ProviderHost;
  pages: Pages;
  logout: UpstreamLogout;
  /** Cookies go over https only. */
  secure: boolean;
}

/** Why oidc-provider asks for credentials of somebody who is signed in: they are too old, or the site wants them again. */
const ANEW = ["max_age", "login_prompt"];

/** To an upstream and back, and back again from being signed out there. */
export function upstreamRoutes(app: App, parts: UpstreamRouteParts): void {
  const { host, pages, upstreams, secure } = parts;
  const find = (id: string) => upstreams.find((upstream) => upstream.id === id);

  app.get(
    "/connexion/:uid/avec/:upstream",
    {
      config: { auth: "public", rateLimit: BEGUN },
      schema: { params: Type.Object({ uid: Uid, upstream: UpstreamId }), querystring: Query },
    },
    async (request, reply) => {
      const interaction = await findInteraction(host, request, reply);
      const client = interaction && (await host.findClient(String(interaction.params.client_id)));
      const upstream = find(request.params.upstream);
      const asking = client && askingOf(client, interaction.params);
      if (!interaction || !client || !upstream || !asking || !isOffered(upstream, asking))
        return stopped(request, reply, "expired", { upstream, clientId: request.query.site });
      const entity = clientKey(upstream, asking, request.query.commune);
      if (entity === undefined) {
        const communes = (await parts.clients.list())
          .filter((site) => upstream.clients.has(site.entity))
          .map((site) => ({
            name: site.name,
            href: `/connexion/${interaction.uid}/avec/${upstream.id}?${new URLSearchParams({ commune: site.entity })}`,
          }));
        const context = { upstream: upstream.name, communes, back: `/connexion/${interaction.uid}` };
        const uiLocales = interaction.params.ui_locales;
        return answerPage(parts, request, reply, "upstreams/commune", context, { uiLocales });
      }
      const back = { uid: interaction.uid, clientId: client.clientId };
      try {
        const browser = browserCookie.keep(request, reply, secure);
        const url = await setOut(parts, {
          upstream,
          entity,
          browser,
          interactionUid: back.uid,
          clientId: back.clientId,
          again: interaction.prompt.reasons.some((reason) => ANEW.includes(reason)),
        });
        reply.header("cache-control", "no-store");
        return reply.redirect(url.href, 303);
      } catch (error) {
        if (!(error instanceof UpstreamRefusal)) throw error;
        parts.log.warn({ upstream: upstream.id, err: error }, "an upstream can't be reached");
        return stopped(request, reply, error.kind, { upstream, ...back });
      }
    },
  );

  app.get(
    "/fournisseur/:upstream/retour",
    {
      config: { auth: "public", rateLimit: BEGUN },
      schema: { params: Type.Object({ upstream: UpstreamId }), querystring: Answer },
    },
    async (request, reply) => {
      const upstream = find(request.params.upstream);
      if (!upstream) return reply.callNotFound();
      const came = await comeBack(parts, {
        upstream,
        answer: new URL(request.url, parts.issuer),
        browser: browserCookie.of(request, secure),
      });
      const uid = came.attempt?.interactionUid;
      const clientId = came.attempt?.clientId;
      if ("refusal" in came) return stopped(request, reply, came.refusal.kind, { upstream, uid, clientId });
      arrivalCookie.keep(reply, came.token, came.attempt.interactionUid, secure);
      reply.header("cache-control", "no-store").header("referrer-policy", "no-referrer");
      return reply.redirect(
        `/connexion/${uid}/identite?${new URLSearchParams({ site: came.attempt.clientId })}`,
        303,
      );
    },
  );

  app.get(
    "/fournisseur/deconnexion",
    { config: { auth: "public" }, schema: { querystring: SignedOut } },
    async (request, reply) => {
      const target = await parts.logout.target(request.query.state ?? "");
      return reply.header("cache-control", "no-store").redirect(target ?? "/session/end/success", 303);
    },
  );

  app.get(
    "/fournisseur/:upstream/commune",
    {
      config: { auth: "public" },
      schema: { params: Type.Object({ upstream: UpstreamId }), querystring: Query },
    },
    async (request, reply) => {
      const upstream = find(request.params.upstream);
      if (!upstream || upstream.clients.has("")) return reply.callNotFound();
      const communes = (await parts.clients.list())
        .filter((site) => upstream.clients.has(site.entity))
        .map((site) => ({ name: site.name, href: `${site.origin}/connexion` }));
      const context = { upstream: upstream.name, communes, back: "/" };
      return answerPage(parts, request, reply, "upstreams/commune", context);
    },
  );

  async function stopped(
    request: FastifyRequest,
    reply: FastifyReply,
    kind: UpstreamRefusal["kind"],
    way: { upstream: Upstream | undefined; uid?: string | undefined; clientId?: string | undefined },
  ) {
    const client = way.clientId ? await host.findClient(way.clientId) : undefined;
    const site =
      client && askingOf(client, {}).entity ? viewOf(client, pages, requestLanguage(request)) : null;
    // The sign-in it was begun from is there still: nothing has to be begun again.
    const back = way.uid
      ? `/connexion/${way.uid}?${new URLSearchParams({ site: way.clientId ?? "" })}`
      : null;
    const status = kind === "down" ? 503 : kind === "cancelled" ? 200 : 400;
    const context = { kind, upstream: way.upstream?.name ?? null, back, again: null };
    // What an upstream answered stands in this address: the language switch leads home rather than there.
    return answerPage(parts, request, reply, "upstreams/stopped", context, { status, site, url: "/" });
  }
}
