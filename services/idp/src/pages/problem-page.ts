import type { Problem } from "@interco/platform/problem";
import type { FastifyRequest } from "fastify";
import { requestLanguage } from "../interactions/answer-page.ts";
import type { Pages } from "../interactions/page.ts";

/** The page of a problem: what happened and the way on, in words of this service. */
export function problemPage(pages: Pages, request: FastifyRequest, problem: Problem): string {
  const lang = requestLanguage(request);
  const kind = problem.code === "page.unknown" ? problem.code : kindOf(problem.status);
  const title = pages.translate(lang, `pages.problem.${kind}`);
  const text = pages.translate(lang, `pages.problem.${kind}.text`);
  return pages.render(
    "pages/problem",
    { title, text },
    { lang, url: request.method === "GET" ? request.url : "/" },
  );
}

function kindOf(status: number): string {
  if (status === 429) return "crowded";
  return status >= 500 ? "failed" : "refused";
}
