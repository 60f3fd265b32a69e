import type { Problem } from "@interco/platform/problem";
import type { FastifyReply, FastifyRequest } from "fastify";
import { deskFrame } from "../backoffice/desk.ts";
import type { Deps } from "../deps.ts";
import { asOneself } from "../sign-in/as-oneself.ts";
import { siteFrame } from "../sites/site-frame.ts";

/** Where a refusal leads, when home is no help: the account is the wrong one. `here` is the page that was asked for. */
const WAYS_ON: Record<string, (here: string) => { href: string; words: string }> = {
  "access.not-agent": () => ({
    href: "/connexion?espace=agent&compte=autre&retour=%2Fbackoffice%2F",
    words: "sign-in.other-account",
  }),
  "access.professional": (here) => ({ href: asOneself(here), words: "sign-in.as-oneself" }),
};

/** A problem in words, for a page or a program. */
export function problemWords(
  deps: Deps,
  request: FastifyRequest,
  problem: Problem,
): { title: string; detail: string } {
  const t = (end: string) =>
    deps.renderer.translate(request.lang ?? "fr", `problem.${problem.code}.${end}`, problem.params);
  return { title: t("title"), detail: t("text") };
}

/** The page of something that can't be done: what happened, in the person's language, and a way on. Never a stack. */
export async function renderProblem(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem,
): Promise<string> {
  const words = problemWords(deps, request, problem);
  const t = (key: string) => deps.renderer.translate(request.lang, key);
  const here = request.method === "GET" ? request.url : "/";
  const wayOn = WAYS_ON[problem.code]?.(here) ?? { href: "/", words: "problem.home" };
  const context = {
    code: problem.code,
    status: problem.status,
    title: words.title,
    text: words.detail,
    href: wayOn.href,
    link: t(wayOn.words),
    reference: problem.status >= 500 ? request.id : null,
  };
  reply.header("cache-control", "no-store");
  if (!request.siteOrNull) {
    const frame = {
      kind: "plain" as const,
      path: "/",
      csrf: "",
      language: { code: "en" as const, label: "English", href: "/" },
    };
    return deps.renderer.render("problem/plain", context, { lang: request.lang, frame });
  }
  if (request.acting)
    return deps.renderer.render(
      "problem/backoffice",
      { ...context, href: "/backoffice/", link: t("problem.backoffice") },
      { lang: request.lang, frame: await deskFrame(deps, request, request.acting, null, {}) },
    );
  return deps.renderer.render("problem/site", context, {
    lang: request.lang,
    frame: siteFrame(deps, request, { csrf: "", from: null }),
  });
}
