import type {
  Actor,
  Answers,
  Bilingual,
  ProcedureDefinition,
  Status,
  WorkflowAction,
} from "@interco/contracts/procedure";
import type { Day } from "./calendar.ts";
import { compileCondition } from "./condition.ts";
import { getStatus } from "./procedure.ts";

export interface ActionContext {
  actor: Actor;
  /** The request's answers: an action's condition may speak of them. */
  answers?: Answers;
}

export interface ActionRequest extends ActionContext {
  reason?: string | null;
  /** ISO day of what is planned, or by which documents are due. */
  date?: string | null;
  /** Today in Paris: a date before it is refused. */
  today?: Day;
}

export type Refusal =
  | "unknown"
  | "not-from-here"
  | "not-yours"
  | "not-for-this-request"
  | "reason-missing"
  | "date-missing"
  | "date-invalid"
  | "date-past";

export type ActionOutcome =
  | {
      ok: true;
      action: WorkflowAction;
      from: Status;
      status: Status;
      reason: string | null;
      date: Day | null;
      /** The clock stopped or went on: missing documents (CRPA L114-5). */
      clock: "stops" | "resumes" | "unchanged";
    }
  | { ok: false; refusal: Refusal; message: Bilingual };

const REFUSALS: Record<Refusal, Bilingual> = {
  unknown: { fr: "Cette action n’existe pas pour cette démarche.", en: "This procedure has no such action." },
  "not-from-here": {
    fr: "La demande a changé d’état entre-temps : rechargez la page pour voir ce qui est possible.",
    en: "The request has changed status in the meantime: reload the page to see what is possible.",
  },
  "not-yours": { fr: "Cette action ne vous est pas ouverte.", en: "This action isn’t open to you." },
  "not-for-this-request": {
    fr: "Cette action ne s’applique pas à cette demande.",
    en: "This action doesn’t apply to this request.",
  },
  "reason-missing": {
    fr: "Écrivez la raison : elle sera lue par le demandeur.",
    en: "Write the reason: the applicant will read it.",
  },
  "date-missing": {
    fr: "Indiquez une date. Par exemple : 27/03/2027.",
    en: "Enter a date. For example: 27/03/2027.",
  },
  "date-invalid": {
    fr: "Indiquez une date qui existe : jour, mois et année.",
    en: "Enter a date that exists: day, month and year.",
  },
  "date-past": { fr: "Choisissez une date à partir d’aujourd’hui.", en: "Choose a date from today on." },
};

const mayDo = (action: WorkflowAction, actor: Actor) => (action.by ?? ["agent"]).includes(actor);

function applies(
  { condition }: WorkflowAction,
  definition: ProcedureDefinition,
  answers: Answers = {},
): boolean {
  if (condition === undefined) return true;
  const keys = definition.steps.flatMap(({ fields }) => fields.map(({ key }) => key));
  return compileCondition(condition, keys)(answers);
}

/** What may be done with a request in this status, in the definition's order. Rights are the caller's to check. */
export function availableActions(
  definition: ProcedureDefinition,
  status: string,
  context: ActionContext,
): WorkflowAction[] {
  return definition.workflow.actions.filter(
    (action) =>
      action.from.includes(status) &&
      mayDo(action, context.actor) &&
      applies(action, definition, context.answers),
  );
}

/**
 * Does an action: the new status, or why not. Never throws on what was asked.
 * @throws RangeError when the procedure has no status `status`
 */
export function applyAction(
  definition: ProcedureDefinition,
  status: string,
  code: string,
  request: ActionRequest,
): ActionOutcome {
  const from = getStatus(definition, status);
  const action = definition.workflow.actions.find((candidate) => candidate.code === code);
  if (!action) return refuse("unknown");
  if (!mayDo(action, request.actor)) return refuse("not-yours");
  if (!action.from.includes(status)) return refuse("not-from-here");
  if (!applies(action, definition, request.answers)) return refuse("not-for-this-request");
  const reason = request.reason?.trim() || null;
  const date = request.date?.trim() || null;
  if (action.needsReason && !reason) return refuse("reason-missing");
  if (action.needsDate && !date) return refuse("date-missing");
  if (date && !exists(date)) return refuse("date-invalid");
  if (date && request.today && date < request.today) return refuse("date-past");
  const to = getStatus(definition, action.to);
  return { ok: true, action, from, status: to, reason, date, clock: clockOf(from, to) };
}

const refuse = (refusal: Refusal): ActionOutcome => ({ ok: false, refusal, message: REFUSALS[refusal] });

function clockOf(from: Status, to: Status): "stops" | "resumes" | "unchanged" {
  if (from.kind !== "waiting" && to.kind === "waiting") return "stops";
  return from.kind === "waiting" && to.kind !== "waiting" ? "resumes" : "unchanged";
}

function exists(date: string): boolean {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(date)) return false;
  const day = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(date);
}
