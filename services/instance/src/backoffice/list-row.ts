import { type DateStyle, showDate } from "@interco/ui/dates";
import { type Entity, shortNameOf } from "../sites/entity.ts";
import type { ListLine } from "./listed-request.ts";

/** What the rows of a list are shown with. */
export interface RowWords {
  lang: "fr" | "en";
  now: Date;
  t: (key: string, params?: Record<string, string | number>) => string;
  /** The entity the agent acts for. */
  entity: Entity;
  agglomeration: Entity;
  find: (id: string) => Entity | undefined;
  findByCode: (code: string) => Entity | undefined;
  teamName: (entity: string, code: string) => string;
  /** Projected requests open on the instance that owns them, for agents it receives. */
  opensElsewhere: boolean;
}

/** A request as the table shows it. */
export function listRow(request: ListLine, words: RowWords) {
  const { t } = words;
  const gone = request.relation === "gone";
  return {
    href: hrefOf(request, words),
    title: gone ? goneTitle(request, words) : request.title,
    number: request.number,
    reason: gone ? null : reasonOf(request, words),
    origin: request.shared
      ? { text: shortNameOf(words.agglomeration), tone: "info" }
      : { text: words.entity.name, tone: null },
    status: gone
      ? { text: t("backoffice.row.gone"), tone: null }
      : { text: request.statusLabel, tone: statusTone(request) },
    deadline: deadlineOf(request, words),
    inCharge: gone ? (request.goneTo ?? "") : inChargeOf(request, words),
    received: date(request.receivedAt, "near", words),
    take: mayTake(request) ? request.number : null,
  };
}

/** Open ones of the entity, on the instance that holds them. */
function mayTake({ relation, projected, statusKind }: ListLine): boolean {
  return relation === "in_charge" && !projected && statusKind !== "closed";
}

/** On this instance, or on the owner's with this entity active there. */
export function hrefOf(
  request: Pick<ListLine, "projected" | "relation" | "url" | "number">,
  words: Pick<RowWords, "entity" | "opensElsewhere">,
): string {
  const elsewhere = request.projected && words.opensElsewhere && request.relation !== "gone";
  return elsewhere
    ? `${request.url}?entite=${words.entity.id}`
    : `/backoffice/demandes/${encodeURIComponent(request.number)}`;
}

export function goneTitle(
  request: Pick<ListLine, "goneTo" | "updatedAt">,
  words: Pick<RowWords, "t" | "lang" | "now">,
): string {
  const params = { to: request.goneTo ?? "?", date: date(request.updatedAt, "short", words) };
  return words.t(request.goneTo ? "backoffice.row.gone-to" : "backoffice.row.withdrawn", params);
}

/** Shared requests say why they are here; an entity's own need no reason but may name the type. */
function reasonOf({ shared, procedureTitle, reason }: ListLine, { t }: RowWords): string | null {
  if (!shared) return procedureTitle;
  return reason ? t("backoffice.row.why", { reason }) : null;
}

export function statusTone(request: Pick<ListLine, "statusKind" | "assignee">): string | null {
  if (request.statusKind === "closed") return null;
  if (request.statusKind === "waiting") return "info";
  return request.assignee ? "ok" : "warn";
}

function deadlineOf(request: ListLine, words: RowWords): { text: string; late: boolean } {
  const { deadline, statusKind, relation } = request;
  if (relation === "gone" || statusKind === "closed") return { text: "", late: false };
  if (statusKind === "waiting") return { text: words.t("backoffice.row.paused"), late: false };
  if (!deadline) return { text: "", late: false };
  return { text: date(deadline, "near", words), late: deadline < words.now };
}

/** "Woippy, éclairage": the entity's short name and its team. */
export function inChargeOf(
  request: Pick<ListLine, "inCharge" | "inChargeName" | "team" | "relation">,
  words: Pick<RowWords, "find" | "teamName" | "t">,
): string {
  if (!request.inCharge) return words.t("backoffice.row.to-dispatch");
  const entity = words.find(request.inCharge);
  const name = entity ? shortNameOf(entity) : (request.inChargeName ?? "?");
  return request.team
    ? words.t("backoffice.row.in-charge", {
        name,
        team: lower(words.teamName(request.inCharge, request.team)),
      })
    : name;
}

const lower = (text: string) => text.charAt(0).toLocaleLowerCase("fr") + text.slice(1);

function date(value: Date, style: DateStyle, { lang, now }: Pick<RowWords, "lang" | "now">): string {
  return showDate(value, style, lang, now);
}
