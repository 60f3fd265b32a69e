import type { App } from "@interco/platform/http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { answerPage, requestLanguage } from "../interactions/answer-page.ts";
import { addressIn, findInteraction, type Interaction } from "../interactions/interaction.ts";
import type { Pages } from "../interactions/page.ts";
import { viewOf } from "../interactions/site-view.ts";
import { withSecond } from "../provider/acr.ts";
import { type CheckCodeParts, checkCode } from "./check-code.ts";
import { FEW_CODES } from "./factor.ts";
import { ANSWER_LENGTH, type Passkeys } from "./passkeys.ts";
import { keyOf, type SignInStep, type SignInSteps, type SignInStepsParts } from "./sign-in-steps.ts";

export const Uid = Type.Object({ uid: Type.String({ pattern: "^[\\w-]{1,64}$" }) });
export const Query = Type.Object({
  site: Type.Optional(Type.String({ maxLength: 64 })),
  lang: Type.Optional(Type.String({ maxLength: 10 })),
});
export const Csrf = Type.Optional(Type.String({ maxLength: 200 }));
export const Answer = Type.Optional(Type.String({ maxLength: ANSWER_LENGTH }));
const Asking = Type.Object({ _csrf: Csrf });
const Form = Type.Object({
  code: Type.Optional(Type.String({ maxLength: 60 })),
  answer: Answer,
  _csrf: Csrf,
});

const TEN_MINUTES = 10 * 60_000;
/** What one network may post in ten minutes (outside development). */
export const TYPED = { max: 120, timeWindow: TEN_MINUTES };

export interface SecondStepParts extends Omit<SignInStepsParts, "ending">, CheckCodeParts {
  passkeys: Passkeys;
  signInSteps: SignInSteps;
  pages: Pages;
}

/** The second factor of a sign-in, and the passkey that is both factors at once. */
export function secondStepRoutes(app: App, parts: SecondStepParts): void {
  const { factors, steps, passkeys, signInSteps, host, pages } = parts;
  const page = { config: { auth: "public" }, schema: { params: Uid, querystring: Query } } as const;
  const asking = {
    config: { auth: "public", rateLimit: TYPED },
    schema: { params: Uid, querystring: Query, body: Asking },
  } as const;
  const posted = {
    config: { auth: "public", csrf: "handled", rateLimit: TYPED },
    schema: { params: Uid, querystring: Query, body: Form },
  } as const;

  app.post("/connexion/:uid/cle/options", asking, async (request, reply) => {
    const interaction = await findInteraction(host, request, reply);
    if (!interaction) return reply.code(410).send({});
    const options = await passkeys.optionsToSignIn();
    await steps.setChallenge(keyOf(interaction), options.challenge);
    return options;
  });

  // A passkey whose user was verified is two factors, and needs no password before it.
  app.post("/connexion/:uid/cle", posted, async (request, reply) => {
    const interaction = await findInteraction(host, request, reply);
    if (!interaction) return reply.redirect(`/connexion/${request.params.uid}?${said(request)}`, 303);
    const proof = await checkPasskey(request, keyOf(interaction));
    const amr = proof && withSecond([], proof.amr);
    // Found again as any sign-in between two factors is: an account whose credentials aren't good isn't.
    if (proof && amr) await steps.begin(keyOf(interaction), proof.accountId, amr);
    if (!amr || !(await steps.find(keyOf(interaction)))) {
      await refused(interaction, proof?.accountId);
      return reply.redirect(`${addressIn(interaction)}&refus=cle`, 303);
    }
    return signInSteps.finish(request, reply, interaction, proof.accountId, amr);
  });

  app.get("/connexion/:uid/verification", page, async (request, reply) => {
    const step = await signInSteps.find(request, reply);
    if (!step) return reply;
    const has = await factors.of(step.account.id);
    if (!has.any) return reply.redirect(addressIn(step.interaction, "/securiser"), 303);
    return show(request, reply, step);
  });

  app.post("/connexion/:uid/verification/options", asking, async (request, reply) => {
    const step = await signInSteps.find(request, reply);
    if (!step) return reply;
    const options = await passkeys.optionsToSignIn(step.account);
    await steps.setChallenge(step.key, options.challenge);
    return options;
  });

  app.post("/connexion/:uid/verification", posted, async (request, reply) => {
    const step = await signInSteps.find(request, reply);
    if (!step) return reply;
    const say = (key: string, params = {}) =>
      pages.translate(requestLanguage(request, step.interaction.params.ui_locales), key, params);
    const again = (status: number, message: string, name?: string) =>
      show(request, reply, step, status, { message, ...(name ? { name } : {}) });
    if (request.csrfFailed) return again(422, say("factors.form-expired"));
    const { account, interaction, signedInAt } = step;
    if (request.body.answer) {
      const proof = await checkPasskey(request, step.key);
      if (proof?.accountId !== account.id) {
        await refused(interaction, account.id);
        return again(422, say("factors.passkey-wrong"));
      }
      const amr = withSecond(step.amr, proof.amr);
      return signInSteps.finish(request, reply, interaction, account.id, amr, signedInAt);
    }
    const { code = "" } = request.body;
    if (!code.trim()) return again(422, say("factors.code-missing"), "code");
    const clientId = String(interaction.params.client_id);
    const result = await checkCode(parts, { accountId: account.id, code, address: request.ip, clientId });
    if ("waitSeconds" in result) {
      reply.header("retry-after", result.waitSeconds);
      return again(429, say("interactions.wait", { seconds: result.waitSeconds }), "code");
    }
    if (!("right" in result))
      return again(422, say("used" in result ? "factors.code-used" : "factors.code-wrong"), "code");
    const amr = withSecond(step.amr, "otp");
    if (result.codesLeft === null || result.codesLeft > FEW_CODES)
      return signInSteps.finish(request, reply, interaction, account.id, amr, signedInAt);
    // They have shown both: new codes can be printed before the last one is gone.
    await steps.prove(step.key, amr);
    return reply.redirect(addressIn(interaction, "/securiser/codes"), 303);
  });

  async function checkPasskey(request: FastifyRequest, key: Buffer) {
    const { answer } = request.body as { answer?: string };
    const challenge = !request.csrfFailed && answer ? await steps.takeChallenge(key) : undefined;
    return challenge && answer ? passkeys.check(answer, challenge) : undefined;
  }

  function refused({ params }: Interaction, accountId?: string) {
    return parts.journal.add({
      kind: "second_factor_refused",
      accountId,
      clientId: String(params.client_id),
      detail: { passkey: true },
    });
  }

  async function show(
    request: FastifyRequest,
    reply: FastifyReply,
    { account, interaction }: SignInStep,
    status = 200,
    error?: { name?: string; message: string },
  ) {
    const client = await host.findClient(String(interaction.params.client_id));
    const has = await factors.of(account.id);
    const context = {
      has,
      email: account.email,
      passkey: has.passkeys > 0 ? ownAddress(interaction, "/verification") : null,
      other: `${addressIn(interaction)}&compte=autre`,
      errors: error ? [error] : [],
      error: error?.name ? error.message : null,
      wrong: Boolean(error),
    };
    const { ui_locales } = interaction.params;
    const site = client ? viewOf(client, pages, requestLanguage(request, ui_locales)) : null;
    return answerPage(parts, request, reply, "factors/verify", context, {
      status,
      site,
      uiLocales: ui_locales,
    });
  }
}

/** Where a page's passkey form posts, and where its question is. */
function ownAddress(interaction: Interaction, page: string) {
  return { action: addressIn(interaction, page), options: addressIn(interaction, `${page}/options`) };
}

function said(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams({ site: (request.query as { site?: string }).site ?? "" });
}
