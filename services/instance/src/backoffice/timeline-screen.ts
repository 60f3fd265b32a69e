import type { Place } from "@interco/contracts/procedure";
import { placeLabel } from "@interco/kernel/request-title";
import { dateInWords } from "@interco/kernel/words";
import type { TimelineEntry } from "../requests/request.ts";
import { type Entity, shortNameOf } from "../sites/entity.ts";

interface Words {
  lang: "fr" | "en";
  t: (key: string, params?: Record<string, string | number>) => string;
  find: (id: string) => Entity | undefined;
  findByCode: (code: string) => Entity | undefined;
  /** The entity the agent acts for: its own notes need no name. */
  entity: Entity;
  teamName: (entity: string, code: string) => string;
  /** Where dispatch tables are shown, on the instance that has them. */
  dispatchHref: string | null;
}

/** The timeline as agents read it, newest first. */
export function timelineItems(entries: readonly TimelineEntry[], words: Words) {
  return entries
    .map((entry) => ({
      title: titleOf(entry, words),
      at: entry.at,
      detail: authorOf(entry, words),
      text: textOf(entry, words),
      quote: entry.body,
      href: whyHref(entry, words),
      link: words.t("backoffice.timeline.why"),
      current: false,
    }))
    .reverse()
    .map((item, index) => ({ ...item, current: index === 0 }));
}

function titleOf(entry: TimelineEntry, { t, lang, entity, teamName }: Words): string {
  const { details } = entry;
  if (entry.kind === "transferred" && details.team !== undefined)
    return details.team === null
      ? t("backoffice.timeline.no-team")
      : t("backoffice.timeline.team", { team: teamName(entry.authorEntity ?? entity.id, details.team) });
  switch (entry.kind) {
    case "status":
      return details.statusLabel?.[lang] ?? t("backoffice.timeline.status");
    case "note":
      return t(`backoffice.timeline.note-${entry.visibility === "shared" ? "shared" : "internal"}`);
    case "taken":
      return t("backoffice.timeline.taken", { name: entry.authorName ?? "?" });
    case "dispatched":
    case "transferred":
    case "partner-told":
      return t(`backoffice.timeline.${entry.kind}`, { to: details.to?.name ?? "?" });
    case "citizen-message":
      return t(
        `backoffice.timeline.${details.settled === undefined ? entry.kind : details.settled ? "settled" : "not-settled"}`,
      );
    default:
      return t(`backoffice.timeline.${entry.kind}`);
  }
}

function authorOf(entry: TimelineEntry, { entity, find, t }: Words): string | null {
  if (!entry.authorName) return null;
  const from = entry.authorEntity && entry.authorEntity !== entity.id ? find(entry.authorEntity) : undefined;
  // Who took it is in the title already.
  if (entry.kind === "taken") return from ? shortNameOf(from) : null;
  return from
    ? t("backoffice.timeline.author-of", { name: entry.authorName, entity: shortNameOf(from) })
    : entry.authorName;
}

function textOf(entry: TimelineEntry, { t, lang, findByCode }: Words): string | null {
  const { details } = entry;
  const reason = details.reason?.[lang] ?? null;
  const rule =
    details.table && details.rowId
      ? t("backoffice.timeline.rule", {
          row: details.rowId,
          table: details.table,
          version: details.tableVersion ?? 0,
        })
      : null;
  const planned = details.plannedFor
    ? t("backoffice.timeline.planned", { date: dateInWords(details.plannedFor, lang, { year: false }) })
    : null;
  const label = (place: Place) => placeLabel(place, (code) => findByCode(code)?.name)[lang];
  const moved =
    details.place &&
    t(`backoffice.timeline.place-${details.place.from ? "change" : "new"}`, {
      from: details.place.from ? label(details.place.from) : "",
      to: label(details.place.to),
    });
  const sent = details.sent && t("backoffice.timeline.sent", { ...details.sent });
  return [reason, rule, planned, moved, sent].filter(Boolean).join(" · ") || null;
}

function whyHref(entry: TimelineEntry, { dispatchHref }: Words): string | null {
  if (!dispatchHref || !entry.details.table) return null;
  return entry.details.rowId ? `${dispatchHref}#${entry.details.rowId}` : dispatchHref;
}
