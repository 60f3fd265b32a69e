import type { WorkflowAction } from "@interco/contracts/procedure";
import { describeAnswers } from "@interco/kernel/answers";
import type { CompiledProcedure } from "@interco/kernel/procedure";
import { availableActions } from "@interco/kernel/workflow";
import type { ActingAgent } from "../agents/acting-agent.ts";
import { answersNow } from "../requests/answers-now.ts";
import { contactFields } from "../requests/contact.ts";
import type { Request } from "../requests/request.ts";
import { shortNameOf } from "../sites/entity.ts";
import { viewOf } from "../sites/site-frame.ts";
import type { Territory } from "../sites/territory.ts";
import { deadlineWords } from "./deadline-words.ts";
import { type RowWords, statusTone } from "./list-row.ts";
import type { ListedRequest } from "./listed-request.ts";
import type { OpenedRequest } from "./request-page-repository.ts";
import { timelineItems } from "./timeline-screen.ts";
import { stillTyped, type TypedAct } from "./typed-act.ts";
import { whyHere } from "./why-here.ts";

export interface RequestPage {
  row: ListedRequest;
  opened: OpenedRequest;
  procedure: CompiledProcedure;
  agent: ActingAgent;
  territory: Territory;
  typed: TypedAct | null;
  dispatchHref: string | null;
  /** How many teams the entity in charge has. */
  chargeTeams: number;
}

/** What `backoffice/request.hbs` shows: the whole request, to who processes it. */
export function requestContext(shown: RequestPage, words: RowWords) {
  const { row, agent, territory, procedure } = shown;
  const { request, timeline } = shown.opened;
  const { lang, t } = words;
  const base = `/backoffice/demandes/${request.number}`;
  const inTriage = request.inCharge === null;
  const charge = request.inCharge ? territory.findById(request.inCharge) : undefined;
  const mine = request.assignee === agent.author.agentId;
  // One clear action: to take it, while nobody has; then what the workflow puts first.
  const taking = request.statusKind !== "closed" && !inTriage && !mine;
  const actions = inTriage ? [] : actionsOf(shown, request);
  const typed = stillTyped(shown.typed, ["take", "message", "note", ...actions.map(({ code }) => code)]);
  const typedIn = (form: string) => (typed?.form === form ? typed : null);
  return {
    title: request.title[lang],
    number: request.number,
    receivedAt: request.receivedAt,
    source: sourceWords(request, words),
    why: whyHere(row, words, { procedure, timeline }),
    sharedTag: row.shared ? shortNameOf(territory.agglomeration) : null,
    base,
    errors: typed?.errors ?? [],
    ...answerFacts(shown, words),
    contact: request.contact,
    anonymous: !request.contact && !request.citizenSub,
    compose: {
      message: { ...composed("message", typedIn("message")), ...reachOf(request, agent, words) },
      note: composed("note", typedIn("note")),
      noteHint: t("backoffice.request.note-hint", { name: agent.activeEntity.name }),
      shareable: row.shared,
    },
    history: timelineItems(timeline, {
      lang,
      t,
      find: words.find,
      findByCode: words.findByCode,
      teamName: words.teamName,
      entity: agent.activeEntity,
      dispatchHref: shown.dispatchHref,
    }),
    status: { text: row.statusLabel[lang], tone: statusTone(row) },
    deadline: deadlineWords(request, procedure.definition, timeline, words),
    closedAt: request.closedAt,
    closingReason: request.closingReason,
    mine,
    assigneeName: request.assigneeName,
    takeHref: taking ? `${base}/prise-en-charge` : null,
    actions: actions.map((action) => actionView(action, { base, lang, taking }, typedIn(action.code))),
    inTriage,
    charge: charge ? viewOf(charge) : null,
    chargeName: charge?.name ?? row.inChargeName ?? "",
    team: request.team && request.inCharge ? words.teamName(request.inCharge, request.team) : null,
    partner: charge?.kind === "partner" || (charge && !charge.siteUrl) ? charge.fullName : null,
    transfer: transferOf(shown, base, words),
    neighbours: shown.opened.neighbours.map((one) => ({
      href: `/backoffice/demandes/${one.number}`,
      title: one.title[lang],
      at: one.receivedAt,
      status: one.statusLabel[lang],
    })),
    communes: request.communes
      .filter((id) => id !== request.inCharge)
      .flatMap((id) => territory.findById(id)?.name ?? []),
  };
}

/** Where the citizen will read a message: in a mail where they left an address, else on the page where they follow it. */
function reachOf(request: Request, { activeEntity }: ActingAgent, { t }: RowWords) {
  const by = request.contact?.email ? "mail" : request.citizenSub ? "account" : "follow";
  return {
    label: t(`backoffice.message.${by}`),
    hint: t(`backoffice.request.message-hint.${by}`, { name: activeEntity.name }),
    send: t(`backoffice.message-send${by === "mail" ? "" : "-follow"}`),
  };
}

/** The way to another entity or, where the procedure stays with its own, to another of its teams. */
function transferOf({ opened, procedure, chargeTeams }: RequestPage, base: string, { t }: RowWords) {
  const shared = procedure.definition.kind === "shared";
  if (opened.request.statusKind === "closed" || (!shared && chargeTeams < 2)) return null;
  return { href: `${base}/transmettre`, text: t(`backoffice.transfer${shared ? "" : ".team-only"}`) };
}

const composed = (name: string, typed: TypedAct | null) => ({
  open: typed !== null,
  value: typed?.values[name] ?? "",
  error: typed?.errors.find((error) => error.name === name)?.message ?? null,
  shared: typed?.values.partagee === "true",
});

function actionsOf({ procedure }: RequestPage, request: Request): WorkflowAction[] {
  const actions = availableActions(procedure.definition, request.status, {
    actor: "agent",
    answers: request.answers,
  });
  // "Je m'en occupe" is its own button: it also says who.
  return actions.filter((action) => action.code !== "take");
}

function actionView(
  action: WorkflowAction,
  { base, lang, taking }: { base: string; lang: "fr" | "en"; taking: boolean },
  typed: TypedAct | null,
) {
  const error = (field: string) =>
    typed?.errors.find((one) => one.name === `${action.code}-${field}`)?.message ?? null;
  const value = (field: string) => typed?.values[`${action.code}-${field}`] ?? "";
  return {
    code: action.code,
    label: action.label[lang],
    tone: action.tone === "primary" && !taking ? "" : action.tone === "danger" ? "danger" : "quiet",
    href: `${base}/actions/${action.code}`,
    asks: Boolean(action.needsReason || action.needsDate),
    open: typed !== null,
    reason: action.needsReason
      ? { name: `${action.code}-reason`, value: value("reason"), error: error("reason") }
      : null,
    date: action.needsDate
      ? {
          name: `${action.code}-date`,
          value: { day: value("date.day"), month: value("date.month"), year: value("date.year") },
          error: error("date"),
        }
      : null,
    message: { name: `${action.code}-message`, value: value("message"), error: error("message") },
  };
}

function answerFacts({ procedure, opened, territory }: RequestPage, { lang, t }: RowWords) {
  const { request, files } = opened;
  const described = describeAnswers(
    procedure,
    answersNow(procedure, request),
    lang,
    (code) => territory.findByCode(code)?.name,
  );
  // How to reach who asked stands in a row of its own.
  const reach = new Set(contactFields(procedure).map(({ key }) => key));
  return {
    facts: described
      .filter((answer) => answer.lines.length > 0 && !reach.has(answer.key))
      .map((answer) => ({
        // "Choisissez ce qui s'en approche le plus" asks a citizen; an agent reads "Type".
        term: SHORT_TERMS[answer.kind] ? t(SHORT_TERMS[answer.kind] ?? "") : answer.label,
        text: answer.lines.join("\n"),
        href: null,
        change: null,
      })),
    photos: files.map((file, index) => ({
      href: `/backoffice/demandes/${request.number}/fichiers/${file.id}`,
      label: t("backoffice.request.photo", { number: index + 1, of: files.length }),
    })),
  };
}

const SHORT_TERMS: Partial<Record<string, string>> = {
  type: "backoffice.followed.type",
  place: "backoffice.followed.place",
};

function sourceWords(request: Request, { t }: RowWords): string {
  if (request.source === "web")
    return t(request.citizenSub ? "backoffice.source.account" : "backoffice.source.anonymous");
  return t(`backoffice.source.${request.source}`);
}
