import { describeAnswers, placeInWords } from "@interco/kernel/answers";
import { getStatus } from "@interco/kernel/procedure";
import { dateInWords } from "@interco/kernel/words";
import type { Deps } from "../deps.ts";
import { asksIfSettled } from "./answer-settled.ts";
import type { StoredFile } from "./file.ts";
import { timelineInWords } from "./follow-timeline.ts";
import { followerOf } from "./follower.ts";
import type { Request, TimelineEntry } from "./request.ts";
import { nextSentences } from "./request-words.ts";

/** A request as its author reads it: where it stands and what comes next first, then what happened. */
export async function followedContext(
  deps: Deps,
  lang: "fr" | "en",
  read: { request: Request; timeline: TimelineEntry[]; files: StoredFile[] },
): Promise<object> {
  const { request, timeline, files } = read;
  const t = (key: string, params?: Record<string, string | number>) =>
    deps.renderer.translate(lang, key, params);
  const compiled = await deps.procedures.getVersion(
    request.entity,
    request.procedureSlug,
    request.procedureVersion,
  );
  const { definition } = compiled;
  const nameOf = (code: string) => deps.territory.findByCode(code)?.name;
  const status = getStatus(definition, request.status);
  const type = request.typeCode ? compiled.types.get(request.typeCode) : undefined;
  const dismissed = definition.workflow.actions.some(
    (action) => action.to === request.status && action.tone === "danger",
  );
  const photos = files.map((file) => ({
    href: `/demandes/${request.number}/fichiers/${file.id}`,
    name: file.name,
  }));
  return {
    title: request.title[lang],
    number: request.number,
    status: {
      label: status.label[lang],
      tone: status.kind === "waiting" ? "warn" : status.kind === "open" ? "info" : dismissed ? "" : "ok",
      next:
        status.kind === "waiting" && request.plannedFor
          ? t("requests.next.answer-by", { date: dateInWords(request.plannedFor, lang, { year: false }) })
          : nextWords(request, status.label[lang], status.citizenText[lang], lang),
      text: request.plannedFor ? status.citizenText[lang] : "",
      reason: reasonOf(request, timeline),
      sentences: request.plannedFor ? [] : nextSentences(deps, request, definition, timeline, lang),
      waiting: status.kind === "waiting",
      closed: status.kind === "closed",
      asksIfSettled: asksIfSettled(request, compiled, timeline),
    },
    timeline: timelineInWords(deps, lang, timeline),
    follower: await followerOf(deps, { ...request, owner: request.entity }, lang),
    facts: [
      { term: t("requests.fact.procedure"), text: definition.title[lang] },
      ...(type ? [{ term: t("requests.fact.type"), text: type.type.label[lang] }] : []),
      ...(request.place
        ? [{ term: t("requests.fact.place"), text: placeInWords(request.place, lang, nameOf) }]
        : []),
      { term: t("requests.fact.received"), text: dateInWords(request.receivedAt, lang, { weekday: false }) },
    ].map((fact) => ({ ...fact, href: "", change: "" })),
    answers: describeAnswers(compiled, request.answers, lang, nameOf)
      // What it is and where stands beside, in short.
      .filter(({ kind, lines }) => lines.length > 0 && kind !== "type" && kind !== "place")
      .map(({ label, lines }) => ({ term: label, text: lines.join("\n"), href: "", change: "" })),
    photos,
    photosLabel: t("requests.photos", { count: photos.length }),
  };
}

/** Why it is closed, or what is asked of its author. */
function reasonOf(request: Request, timeline: readonly TimelineEntry[]): string {
  if (request.statusKind === "closed") return request.closingReason ?? "";
  if (request.statusKind !== "waiting") return "";
  return timeline.findLast(({ kind }) => kind === "status")?.body ?? "";
}

/** What comes next, its date first: a planned visit, the last day to answer, else where it stands. */
function nextWords(request: Request, label: string, citizenText: string, lang: "fr" | "en"): string {
  if (!request.plannedFor || request.statusKind === "closed") return citizenText;
  return `${capital(dateInWords(request.plannedFor, lang, { year: false }))}${lang === "fr" ? " :" : ":"} ${small(label)}`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const small = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
