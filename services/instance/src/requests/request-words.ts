import type { ProcedureDefinition } from "@interco/contracts/procedure";
import { silence } from "@interco/kernel/delays";
import { dateInWords } from "@interco/kernel/words";
import type { Deps } from "../deps.ts";
import type { Request } from "./request.ts";

/**
 * What happens now and when, in words and in order: who does what, by which date, and what silence means
 * where a decision is called for (CRPA R112-5). Reports promise a service delay and nothing else.
 */
export function nextSentences(
  deps: Deps,
  request: Request,
  definition: ProcedureDefinition,
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
  const silent = silence(definition.decision, {
    firstReceivedAt: request.receivedAt,
    competentReceivedAt: request.competentReceivedAt,
  });
  if (silent) sentences.push(t(silent.means, { date: dateInWords(silent.day, lang) }));
  return sentences;
}
