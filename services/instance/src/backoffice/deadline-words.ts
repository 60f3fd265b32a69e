import type { ProcedureDefinition } from "@interco/contracts/procedure";
import { dateInWords, daysInWords } from "@interco/kernel/words";
import { showDate } from "@interco/ui/dates";
import { awaitedUntil, pausesOf, silenceOf } from "../requests/pauses.ts";
import type { Request, TimelineEntry } from "../requests/request.ts";

interface Words {
  lang: "fr" | "en";
  now: Date;
  t: (key: string, params?: Record<string, string | number>) => string;
}

export interface DeadlineWords {
  title: string;
  late: boolean;
  /** "Délai de service : 5 jours ouvrés". */
  detail: string | null;
  /** "Sans réponse le 12 juin : demande acceptée". */
  legal: string | null;
}

/** By when, and what silence means: the legal delay first, since it decides by itself. */
export function deadlineWords(
  request: Pick<
    Request,
    | "deadline"
    | "deadlineDays"
    | "statusKind"
    | "receivedAt"
    | "competentReceivedAt"
    | "closedAt"
    | "plannedFor"
  >,
  definition: ProcedureDefinition,
  timeline: readonly TimelineEntry[],
  words: Words,
): DeadlineWords | null {
  const { lang, now, t } = words;
  if (request.statusKind === "closed") return null;
  const pauses = pausesOf(definition, timeline);
  const legal = legalWords(request, definition, timeline, words);
  const awaited = request.statusKind === "waiting" ? awaitedUntil(pauses, now) : null;
  if (awaited)
    return {
      title: t("backoffice.deadline.paused"),
      late: awaited.past,
      detail: t(awaited.past ? "backoffice.deadline.awaited-past" : "backoffice.deadline.awaited", {
        date: dateInWords(awaited.day, lang, { year: false }),
      }),
      legal,
    };
  if (!request.deadline) return legal ? { title: legal, late: false, detail: null, legal: null } : null;
  return {
    title: t(request.deadline < now ? "backoffice.deadline.late" : "backoffice.deadline.on", {
      date: showDate(request.deadline, "day", lang, now),
    }),
    late: request.deadline < now,
    detail: request.deadlineDays
      ? t("backoffice.deadline.service", { days: daysInWords(request.deadlineDays, lang, "working-days") })
      : null,
    legal,
  };
}

function legalWords(
  request: Pick<Request, "receivedAt" | "competentReceivedAt">,
  definition: ProcedureDefinition,
  timeline: readonly TimelineEntry[],
  { lang, t }: Words,
): string | null {
  const means = silenceOf(request, definition, timeline);
  return means && t(`backoffice.deadline.${means.means}`, { date: dateInWords(means.day, lang) });
}
