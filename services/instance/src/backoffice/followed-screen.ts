import type { ActingAgent } from "../agents/acting-agent.ts";
import type { TimelineEntry } from "../requests/request.ts";
import { shortNameOf } from "../sites/entity.ts";
import { viewOf } from "../sites/site-frame.ts";
import { goneTitle, inChargeOf, type RowWords, statusTone } from "./list-row.ts";
import type { ListedRequest } from "./listed-request.ts";
import { timelineItems } from "./timeline-screen.ts";
import { stillTyped, type TypedAct } from "./typed-act.ts";
import { whyHere } from "./why-here.ts";

/** What an entity that follows a request without processing it sees: from its list row alone, with the notes it may read. */
export function followedContext(
  row: ListedRequest,
  notes: readonly TimelineEntry[],
  words: RowWords,
  options: { typed: TypedAct | null; agent: ActingAgent; locked: boolean },
) {
  const { lang, t } = words;
  const charge = row.inCharge ? words.find(row.inCharge) : undefined;
  const explanation = options.locked ? "not-authorised" : row.inCharge ? "explanation" : "triage";
  const note = options.locked ? null : stillTyped(options.typed, ["note"]);
  const fact = (key: string, text: string | null | undefined) =>
    text ? [{ term: t(`backoffice.followed.${key}`), text, href: null, change: null }] : [];
  return {
    title: row.title[lang],
    number: row.number,
    why: whyHere(row, words),
    receivedAt: row.receivedAt,
    sharedTag: shortNameOf(words.agglomeration),
    base: `/backoffice/demandes/${row.number}`,
    errors: options.typed?.errors ?? [],
    explanation: t(`backoffice.followed.${explanation}`, {
      agglomeration: shortNameOf(words.agglomeration),
      name: charge ? shortNameOf(charge) : (row.inChargeName ?? t("backoffice.row.to-dispatch")),
    }),
    facts: [
      ...fact("type", row.typeLabel?.[lang] ?? row.procedureTitle[lang]),
      ...fact("place", row.placeLabel),
    ],
    status: { text: row.statusLabel[lang], tone: statusTone(row) },
    deadline: row.statusKind === "closed" ? null : row.deadline,
    updatedAt: row.updatedAt,
    closedAt: row.closedAt,
    charge: charge ? viewOf(charge) : null,
    chargeName: inChargeOf(row, words),
    history: timelineItems(notes.map(withoutWordsToCitizen), {
      lang,
      t,
      find: words.find,
      findByCode: words.findByCode,
      teamName: words.teamName,
      entity: options.agent.activeEntity,
      dispatchHref: null,
    }),
    canNote: !options.locked,
    note: {
      open: note !== null,
      value: note?.values.note ?? "",
      error: note?.errors.find((error) => error.name === "note")?.message ?? null,
      shared: note?.values.partagee === "true",
      hint: t("backoffice.request.note-hint", { name: options.agent.activeEntity.name }),
    },
  };
}

/** What agents wrote to each other: a reason given to the citizen with a status may name them, or quote what they answered. */
const BETWEEN_AGENTS: readonly TimelineEntry["kind"][] = ["note", "transferred", "place-corrected"];

const withoutWordsToCitizen = (entry: TimelineEntry): TimelineEntry =>
  BETWEEN_AGENTS.includes(entry.kind) ? entry : { ...entry, body: null };

/** What is left of a request that isn't the entity's any more: its number, its dates, where it went. */
export function goneContext(row: ListedRequest, words: RowWords) {
  return {
    title: goneTitle(row, words),
    number: row.number,
    receivedAt: row.receivedAt,
    leftAt: row.updatedAt,
    to: row.goneTo,
    text: words.t("backoffice.gone.text"),
  };
}
