import type { RequestNumber } from "@interco/kernel/request-number";
import { policyText } from "@interco/platform/security-headers";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Deps } from "../deps.ts";
import { page } from "../page.ts";
import { citizenOf, isProfessional, siteOf } from "../request-context.ts";
import { asOneself } from "../sign-in/as-oneself.ts";
import type { Entity } from "../sites/entity.ts";
import { viewOf } from "../sites/site-frame.ts";

/** The entity a number's short code names. */
export function ownerOf(deps: Deps, number: RequestNumber): Entity | undefined {
  return deps.territory.entities.find(({ shortCode }) => shortCode === number.shortCode);
}

interface FollowForm {
  number: string;
  code?: string;
  /** What they were writing when their access ended: it comes along. */
  message?: string;
  errors?: { name: string; message: string }[];
  notice?: string;
  status?: number;
}

/** "Suivre une demande": the number and the code are asked for. */
export function showForm(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { number, code = "", message = "", errors = [], notice = "", status = 200 }: FollowForm,
): Promise<FastifyReply> {
  const errorOf = (name: string) => errors.find((error) => error.name === name)?.message ?? "";
  return page(
    deps,
    request,
    reply,
    "requests/follow",
    {
      number,
      code,
      message,
      errors,
      notice,
      numberError: errorOf("number"),
      codeError: errorOf("code"),
      example: `${siteOf(request).entity.shortCode}-2026-7K3MP9R`,
      signInHref: citizenOf(request) ? "" : asOneself("/demandes"),
      signIn: deps.renderer.translate(
        request.lang,
        isProfessional(request) ? "sign-in.as-oneself" : "requests.follow.sign-in",
      ),
    },
    { status },
  );
}

/** Asks for the code of a request whose author was writing when their access to it ended, and keeps what they wrote. */
export function askForCode(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  number: string,
  message: string,
): Promise<FastifyReply> {
  const notice = deps.renderer.translate(request.lang, "requests.follow.ended");
  return showForm(deps, request, reply, { number, message, notice, status: 422 });
}

/** The request lives on another site: a page whose one button posts number and code there. */
export function handOver(
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
