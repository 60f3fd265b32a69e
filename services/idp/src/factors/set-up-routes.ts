import type { App } from "@interco/platform/http";
import { totpAddress } from "@interco/platform/totp";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { renderSVG } from "uqr";
import { answerPage, requestLanguage } from "../interactions/answer-page.ts";
import type { Pages } from "../interactions/page.ts";
import type { SiteView } from "../interactions/site-view.ts";
import type { Amr } from "../provider/acr.ts";
import { isExhausted } from "./factor.ts";
import { shownCode } from "./printed-codes.ts";
import { Answer, Csrf, Query, TYPED } from "./second-step-routes.ts";
import {
  addPasskey,
  confirmCodes,
  confirmProgram,
  pendingCodes,
  pendingSecret,
  type SettingUp,
  type SetUpParts,
} from "./set-up.ts";

const NAME_LENGTH = 60;

const Params = Type.Object({ uid: Type.Optional(Type.String({ pattern: "^[\\w-]{1,64}$" })) });
const Asking = Type.Object({ _csrf: Csrf });
const Form = Type.Object({
  code: Type.Optional(Type.String({ maxLength: 60 })),
  name: Type.Optional(Type.String({ maxLength: 200 })),
  answer: Answer,
  /** Which button was pressed; the first one confirms. */
  action: Type.Optional(Type.String({ maxLength: 20 })),
  _csrf: Csrf,
});

/** Where a factor is set up: in the middle of a sign-in, or in one's account. */
export interface Place extends SettingUp {
  /** The page that lists the ways, with its query. */
  home: string;
  /** The address of one of its pages. */
  at(page: string): string;
  site: SiteView | null;
  uiLocales?: unknown;
  /** In the middle of a sign-in. */
  signingIn: boolean;
  /** The factor is the account's: it is told and remembered. */
  added(what: "passkey" | "authenticator" | "codes", amr: Amr): Promise<void>;
  /** All is set up: on to where the person was going. */
  done(): Promise<unknown>;
}

/** Finds the place of a request, or answers it and gives undefined. */
export type FindPlace = (request: FastifyRequest, reply: FastifyReply) => Promise<Place | undefined>;

/** Adding a passkey, an authenticator program or printed codes, below `prefix`. */
export function setUpRoutes(
  app: App,
  parts: SetUpParts & { pages: Pages; secure: boolean },
  prefix: string,
  findPlace: FindPlace,
): void {
  const { factors, pages } = parts;
  const page = { config: { auth: "public" }, schema: { params: Params, querystring: Query } } as const;
  const posted = {
    config: { auth: "public", csrf: "handled", rateLimit: TYPED },
    schema: { params: Params, querystring: Query, body: Form },
  } as const;
  const say = (request: FastifyRequest, place: Place, key: string, params = {}) =>
    pages.translate(requestLanguage(request, place.uiLocales), key, params);

  app.post(
    `${prefix}/cle/options`,
    {
      config: { auth: "public", rateLimit: TYPED },
      schema: { params: Params, querystring: Query, body: Asking },
    },
    async (request, reply) => {
      const place = await findPlace(request, reply);
      if (!place) return reply;
      const options = await parts.passkeys.optionsToAdd(place.account);
      await parts.steps.setChallenge(place.key, options.challenge);
      return options;
    },
  );

  app.get(`${prefix}/cle`, page, async (request, reply) => {
    const place = await findPlace(request, reply);
    return place ? showPasskey(request, reply, place) : reply;
  });

  app.post(`${prefix}/cle`, posted, async (request, reply) => {
    const place = await findPlace(request, reply);
    if (!place) return reply;
    if (request.csrfFailed) return showPasskey(request, reply, place, "factors.form-expired");
    const fallback = say(request, place, "factors.passkey.unnamed");
    const name = nameOf(request.body.name) || fallback;
    const amr = await addPasskey(parts, place, request.body.answer ?? "", name);
    if (!amr) return showPasskey(request, reply, place, "factors.passkey.not-added");
    return added(reply, place, "passkey", amr);
  });

  app.get(`${prefix}/application`, page, async (request, reply) => {
    const place = await findPlace(request, reply);
    return place ? showProgram(request, reply, place) : reply;
  });

  app.post(`${prefix}/application`, posted, async (request, reply) => {
    const place = await findPlace(request, reply);
    if (!place) return reply;
    if (request.csrfFailed) return showProgram(request, reply, place, "factors.form-expired");
    if (!(await confirmProgram(parts, place, request.body.code ?? "")))
      return showProgram(request, reply, place, "factors.program.wrong");
    return added(reply, place, "authenticator", "otp");
  });

  app.get(`${prefix}/codes`, page, async (request, reply) => {
    const place = await findPlace(request, reply);
    return place ? showCodes(request, reply, place) : reply;
  });

  app.post(`${prefix}/codes`, posted, async (request, reply) => {
    const place = await findPlace(request, reply);
    if (!place) return reply;
    if (request.csrfFailed) return showCodes(request, reply, place, "factors.form-expired");
    // Who has another way in can go without.
    if (request.body.action === "sans" && !isExhausted(await factors.of(place.account.id)))
      return place.done();
    if (!(await confirmCodes(parts, place, request.body.code ?? "")))
      return showCodes(request, reply, place, "factors.codes.wrong");
    await place.added("codes", "otp");
    return place.done();
  });

  /** Who has a first key or program prints codes for the day it is lost. */
  async function added(reply: FastifyReply, place: Place, what: "passkey" | "authenticator", amr: Amr) {
    await place.added(what, amr);
    const { codes } = await factors.of(place.account.id);
    return codes > 0 ? place.done() : reply.redirect(place.at("/codes"), 303);
  }

  function showPasskey(request: FastifyRequest, reply: FastifyReply, place: Place, wrong?: string) {
    const passkey = { action: place.at("/cle"), options: place.at("/cle/options") };
    return show(request, reply, place, "add-passkey", { passkey }, wrong, null);
  }

  async function showProgram(request: FastifyRequest, reply: FastifyReply, place: Place, wrong?: string) {
    const secret = await pendingSecret(parts, place);
    const issuer = say(request, place, "interactions.name", { territory: pages.territory });
    const svg = renderSVG(totpAddress(secret, issuer, place.account.email), { border: 2, pixelSize: 6 });
    const context = {
      qr: `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`,
      secret: secret.replace(/.{4}(?=.)/g, "$& "),
      replaces: (await factors.of(place.account.id)).authenticator,
    };
    return show(request, reply, place, "program", context, wrong);
  }

  async function showCodes(request: FastifyRequest, reply: FastifyReply, place: Place, wrong?: string) {
    const codes = await pendingCodes(parts, place);
    const has = await factors.of(place.account.id);
    const context = {
      codes: codes.map(shownCode),
      left: has.codes,
      replaces: has.codes > 0,
      spare: has.passkeys > 0 || has.authenticator,
      optional: !isExhausted(has),
    };
    return show(request, reply, place, "codes", context, wrong);
  }

  function show(
    request: FastifyRequest,
    reply: FastifyReply,
    place: Place,
    screen: string,
    context: object,
    wrong?: string,
    field: string | null = "code",
  ) {
    const message = wrong ? say(request, place, wrong) : null;
    const named = field && wrong !== "factors.form-expired" ? { name: field } : {};
    return answerPage(
      parts,
      request,
      reply,
      `factors/${screen}`,
      {
        home: place.home,
        signingIn: place.signingIn,
        email: place.account.email,
        errors: message ? [{ ...named, message }] : [],
        error: message,
        wrong: Boolean(message),
        ...context,
      },
      { status: wrong ? 422 : 200, site: place.site, uiLocales: place.uiLocales },
    );
  }
}

/** One line, as it is shown. */
export function nameOf(typed = ""): string {
  return typed
    .normalize("NFC")
    .replace(/[\p{C}\s]+/gu, " ")
    .trim()
    .slice(0, NAME_LENGTH);
}
