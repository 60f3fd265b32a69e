import type { ProcedureDefinition } from "@interco/contracts/procedure";
import { dateInWords } from "@interco/kernel/words";
import type { Deps } from "../deps.ts";
import { silenceOf } from "./pauses.ts";
import type { Request, TimelineEntry } from "./request.ts";

/**
 * What happens now and when, in words and in order: who does what, by which date, and what silence means
 * where a decision is called for (CRPA R112-5). Reports promise a service delay and nothing else.
 */
export function nextSentences(
  deps: Deps,
  request: Request,
  definition: ProcedureDefinition,
  timeline: readonly TimelineEntry[],
  lang: "fr" | "en",
): string[] {
  const t = (key: string, params?: Record<string, string | number>) =>
    deps.renderer.translate(lang, `requests.next.${key}`, params);
  if (request.statusKind === "closed") return [];
  const inCharge = request.inCharge ? deps.territory.findById(request.inCharge) : undefined;
  const sentences: string[] = [];
  if (!inCharge) sentences.push(t("triage", { entity: deps.territory.getById(request.entity).name }));
  else if (inCharge.kind === "partner") sentences.push(t("partner", { entity: inCharge.fullName }));
  if (request.deadline && inCharge)
    sentences.push(
      t("deadline", {
        entity: inCharge.fullName,
        date: dateInWords(request.deadline, lang, { year: false }),
      }),
    );
  const silent = silenceOf(request, definition, timeline);
  if (silent) sentences.push(t(silent.means, { date: dateInWords(silent.day, lang) }));
  return sentences;
}
