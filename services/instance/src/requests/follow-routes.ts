import { parseRequestNumber } from "@interco/kernel/request-number";
import { normaliseTrackingCode } from "@interco/kernel/tracking-code";
import { networkOf } from "@interco/platform/network";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { App, Deps } from "../deps.ts";
import { siteOf } from "../request-context.ts";
import { openFollowing } from "../sign-in/follow-session.ts";
import { handOver, ownerOf, showForm } from "./follow-form-page.ts";
import { Throttle } from "./follow-throttle.ts";
import { showFollowed, typedMessage } from "./followed-page.ts";
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
          { number: Type.Optional(TYPED), code: Type.Optional(TYPED), message: Type.Optional(Type.String()) },
          { additionalProperties: true },
        ),
      },
    },
    async (request, reply) => {
      const { number: typedNumber = "", code: typedCode = "" } = request.body;
      const message = typedMessage(request.body.message);
      const typed = { number: typedNumber, code: typedCode, message };
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
      const keys = { address: `${site.entity.id} ${networkOf(request.ip)}`, number: number.number };
      const blocked = addresses.blocked(keys.address) || numbers.blocked(keys.number);
      const tracking = storedTracking(site.hosted.trackingKey, code)?.toString("hex") ?? "";
      const found = await deps.db.within({ tracking }, (trx) => findRequest(trx, number.number));
      if (blocked || found?.entity !== site.entity.id) {
        addresses.failed(keys.address);
        numbers.failed(keys.number);
        const errors = [{ name: "code", message: t("unknown") }];
        return showForm(deps, request, reply, { ...typed, errors, status: 422 });
      }
      openFollowing(deps, site, reply, { number: found.number, tracking });
      if (message) {
        const scope = { site: site.entity.id, tracking };
        return showFollowed(deps, request, reply, {
          scope,
          number: found.number,
          typed: message,
          notice: t("kept"),
        });
      }
      return reply.redirect(`/demandes/${found.number}`, 303);
    },
  );
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
