import { dateInWords } from "@interco/kernel/words";
import type { Deps } from "../deps.ts";
import type { TimelineEntry } from "./request.ts";

/** A line of the timeline as `{{> timeline}}` shows it. */
export interface TimelineItem {
  title: string;
  at: Date;
  detail: string;
  text: string;
  quote: string;
  href: string;
  link: string;
  current: boolean;
}

/** What happened, in words for the request's author, newest first. Agents are their entity here, not their name. */
export function timelineInWords(
  deps: Deps,
  lang: "fr" | "en",
  entries: readonly TimelineEntry[],
): TimelineItem[] {
  const t = (key: string, params?: Record<string, string | number>) =>
    deps.renderer.translate(lang, `requests.timeline.${key}`, params);
  const nameOf = (id: string | null) => (id ? (deps.territory.findById(id)?.fullName ?? "") : "");
  return entries.toReversed().map((entry, index) => ({
    at: entry.at,
    detail: entry.authorEntity ? nameOf(entry.authorEntity) : "",
    href: "",
    link: "",
    current: index === 0,
    ...wordsOf(entry, t, lang),
  }));
}

function wordsOf(
  { kind, body, details }: TimelineEntry,
  t: (key: string, params?: Record<string, string | number>) => string,
  lang: "fr" | "en",
): Pick<TimelineItem, "title" | "text" | "quote"> {
  const reason = details.reason?.[lang] ?? "";
  const to = details.to?.name ?? "";
  switch (kind) {
    case "dispatched":
      return { title: t("dispatched", { to }), text: capital(reason), quote: "" };
    case "transferred":
      return {
        title: t(details.from ? "transferred" : "assigned", { to, from: details.from?.name ?? "" }),
        text: "",
        quote: body ?? "",
      };
    case "status": {
      const title = details.statusLabel?.[lang] ?? t("status");
      const planned = details.plannedFor
        ? t("planned", { date: dateInWords(details.plannedFor, lang, { year: false }) })
        : "";
      return { title, text: planned, quote: body ?? "" };
    }
    case "taken":
      return { title: details.statusLabel?.[lang] ?? t("taken"), text: "", quote: "" };
    case "citizen-message":
      return {
        title: t(details.settled === undefined ? kind : details.settled ? "settled" : "not-settled"),
        text: "",
        quote: body ?? "",
      };
    case "message":
      return { title: t(kind), text: "", quote: body ?? "" };
    case "partner-told":
      return { title: t("partner-told", { to }), text: "", quote: "" };
    default:
      return { title: t(kind), text: "", quote: "" };
  }
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
