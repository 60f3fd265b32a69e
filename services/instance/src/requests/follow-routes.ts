import { parseRequestNumber, type RequestNumber } from "@interco/kernel/request-number";
import { normaliseTrackingCode } from "@interco/kernel/tracking-code";
import { policyText } from "@interco/platform/security-headers";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { App, Deps } from "../deps.ts";
import { page } from "../page.ts";
import { siteOf } from "../request-context.ts";
import type { Entity } from "../sites/entity.ts";
import { viewOf } from "../sites/site-frame.ts";
import { openFollowing } from "./follow-session.ts";
import { Throttle } from "./follow-throttle.ts";
import { LIMITS } from "./form-limits.ts";
import { findRequest } from "./request-repository.ts";
import { storedTracking } from "./tracking.ts";

const QUARTER = 15 * 60 * 1000;
const TYPED = Type.String({ maxLength: 100 });

/**
 * "Suivre une demande": a number and its code, typed on any site. The number says which entity has the request; where that is
 * another site, the code travels in the body of a form posted straight there, never in an address that a log keeps.
 */
export function registerFollowing(app: App, deps: Deps): void {
  const addresses = new Throttle(20, QUARTER);
  const numbers = new Throttle(10, QUARTER);

  app.get(
    "/suivi",
    {
      config: { auth: "public" },
      schema: { querystring: Type.Object({ numero: Type.Optional(Type.String()) }) },
    },
    (request, reply) => showForm(deps, request, reply, { number: request.query.numero?.slice(0, 60) ?? "" }),
  );

  app.post(
    "/suivi",
    {
      config: { auth: "public", csrf: "handled", rateLimit: LIMITS.followed },
      schema: {
        body: Type.Object(
          { number: Type.Optional(TYPED), code: Type.Optional(TYPED) },
          { additionalProperties: true },
        ),
      },
    },
    async (request, reply) => {
      const { number: typedNumber = "", code: typedCode = "" } = request.body;
      const typed = { number: typedNumber, code: typedCode };
      const t = (key: string) => deps.renderer.translate(request.lang, `requests.follow.${key}`);
      if (request.csrfFailed && !isSister(deps, request))
        return showForm(deps, request, reply, { ...typed, notice: t("again"), status: 422 });
      const number = parseRequestNumber(typedNumber);
      const code = normaliseTrackingCode(typedCode);
      const errors = [
        ...(number ? [] : [{ name: "number", message: t("number-wrong") }]),
        ...(code ? [] : [{ name: "code", message: t("code-wrong") }]),
      ];
      if (!number || !code) return showForm(deps, request, reply, { ...typed, errors, status: 422 });

      const site = siteOf(request);
      const owner = ownerOf(deps, number);
      if (owner && owner.id !== site.entity.id && owner.siteUrl)
        return handOver(deps, request, reply, owner, { number: number.number, code });

      // The same answer and the same work, whether the number exists, the code is wrong or there were too many tries.
      const keys = { address: `${site.entity.id} ${request.ip}`, number: number.number };
      const blocked = addresses.blocked(keys.address) || numbers.blocked(keys.number);
      const tracking = storedTracking(site.hosted.trackingKey, code)?.toString("hex") ?? "";
      const found = await deps.db.within({ tracking }, (trx) => findRequest(trx, number.number));
      if (blocked || found?.entity !== site.entity.id) {
        addresses.failed(keys.address);
        numbers.failed(keys.number);
        const message = t("unknown");
        return showForm(deps, request, reply, { ...typed, errors: [{ name: "code", message }], status: 422 });
      }
      openFollowing(deps, site, reply, { number: found.number, tracking });
      return reply.redirect(`/demandes/${found.number}`, 303);
    },
  );
}

/** The entity a number's short code names. */
export function ownerOf(deps: Deps, number: RequestNumber): Entity | undefined {
  return deps.territory.entities.find(({ shortCode }) => shortCode === number.shortCode);
}

/**
 * A form that comes from a site of the territory instead of one's own: it has no CSRF token here, and its Origin (RFC 6454),
 * which a page can't forge, says so. All it can do is open a request whose code it brings.
 */
function isSister(deps: Deps, request: FastifyRequest): boolean {
  const { origin } = request.headers;
  return (
    origin !== undefined &&
    deps.territory.entities.some(({ siteUrl }) => siteUrl !== null && new URL(siteUrl).origin === origin)
  );
}

interface FollowForm {
  number: string;
  code?: string;
  errors?: { name: string; message: string }[];
  notice?: string;
  status?: number;
}

export function showForm(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { number, code = "", errors = [], notice = "", status = 200 }: FollowForm,
): Promise<FastifyReply> {
  const message = (name: string) => errors.find((error) => error.name === name)?.message ?? "";
  return page(
    deps,
    request,
    reply,
    "requests/follow",
    {
      number,
      code,
      errors,
      notice,
      numberError: message("number"),
      codeError: message("code"),
      example: `${siteOf(request).entity.shortCode}-2026-7K3MP9R`,
      signInHref: request.session ? "" : "/connexion?retour=/demandes",
    },
    { status },
  );
}

/** The request lives on another site: a page whose one button posts number and code there. */
function handOver(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  owner: Entity,
  typed: { number: string; code: string },
): Promise<FastifyReply> {
  const { origin } = new URL(owner.siteUrl ?? "");
  // With "same-origin" the browser would send `Origin: null`, and the other site could not tell who asks.
  reply.header("content-security-policy", policyText([origin])).header("referrer-policy", "strict-origin");
  return page(deps, request, reply, "requests/follow-elsewhere", {
    ...typed,
    action: `${origin}/suivi`,
    owner: viewOf(owner),
    name: owner.name,
  });
}
