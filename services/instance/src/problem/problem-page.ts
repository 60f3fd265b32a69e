import type { Problem } from "@interco/platform/problem";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Deps } from "../deps.ts";
import { siteFrame } from "../sites/site-frame.ts";

/** The page of something that can't be done: what happened, in the person's language, and a way on. Never a stack. */
export function renderProblem(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem,
): string {
  const t = (key: string) => deps.renderer.translate(request.lang, key, problem.params);
  const context = {
    code: problem.code,
    status: problem.status,
    title: t(`problem.${problem.code}.title`),
    text: t(`problem.${problem.code}.text`),
    href: "/",
    link: t("problem.home"),
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
  return deps.renderer.render("problem/site", context, {
    lang: request.lang,
    frame: siteFrame(deps, request, { csrf: "", from: null }),
  });
}
