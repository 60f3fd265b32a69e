import type { Decision } from "@interco/contracts/procedure";
import {
  addDays,
  addMonths,
  addWorkingDays,
  type CalendarOptions,
  type Day,
  daysBetween,
  endOfParisDay,
  parisDay,
  workingDaysBetween,
} from "./calendar.ts";

/** A time during which the citizen had to send something: asked, last day to send it, received (or not yet). */
export interface Pause {
  askedAt: Date;
  dueOn: Day;
  receivedAt: Date | null;
}

/** The day a pause ends: when all was received, at the latest the last day given. */
const pauseEnd = ({ dueOn, receivedAt }: Pause): Day => {
  const received = receivedAt ? parisDay(receivedAt) : dueOn;
  return received < dueOn ? received : dueOn;
};

/**
 * When a service has promised to be done: the last instant, in Paris, of the `workingDays`th working day after
 * the day of receipt. Working days spent waiting for the citizen are added.
 */
export function serviceDeadline(
  from: Date,
  workingDays: number,
  options: CalendarOptions & { pauses?: readonly Pause[] } = {},
): Date {
  const waited = (options.pauses ?? []).reduce(
    (sum, pause) => sum + workingDaysBetween(parisDay(pause.askedAt), pauseEnd(pause), options),
    0,
  );
  return endOfParisDay(addWorkingDays(parisDay(from), workingDays + waited, options));
}

/** The last day to send missing documents: `days` calendar days after they were asked for. */
export function documentsDue(askedAt: Date, days: number): Day {
  return addDays(parisDay(askedAt), days);
}

export interface SilenceDates {
  /** Received by whichever administration got it first. */
  firstReceivedAt: Date;
  /** Received by the competent entity, which issues the ARE. Null while nobody knows which it is. */
  competentReceivedAt: Date | null;
  pauses?: readonly Pause[];
}

export interface Silence {
  /** The first day on which the request counts as accepted or refused. */
  day: Day;
  means: "acceptance" | "refusal";
}

/**
 * When silence becomes a decision, and which. Null: it never does (a report), or its clock isn't running yet.
 *
 * - Refusal (CRPA L231-4, L231-5) runs from the first receipt, whoever got it (L114-3), and is suspended from the
 *   asking for documents to their receipt, at most to the last day given (L114-5).
 * - Acceptance (L231-1) runs from receipt by the competent administration only (L114-3) and, where documents
 *   were missing, from the day all were received (L114-5): nothing runs before.
 *
 * Other delays than two months: L231-6. The day goes into the ARE (L112-3, R112-5; electronic: L112-11, R112-11-1).
 */
export function silence(decision: Decision, dates: SilenceDates): Silence | null {
  if (decision.kind === "report") return null;
  const pauses = dates.pauses ?? [];
  if (decision.silence === "refusal") {
    const suspended = pauses.reduce(
      (sum, pause) => sum + Math.max(0, daysBetween(parisDay(pause.askedAt), pauseEnd(pause))),
      0,
    );
    const day = addDays(addMonths(parisDay(dates.firstReceivedAt), decision.months), suspended);
    return { day, means: "refusal" };
  }
  if (!dates.competentReceivedAt) return null;
  let start = parisDay(dates.competentReceivedAt);
  for (const { receivedAt } of pauses) {
    if (!receivedAt) return null;
    const received = parisDay(receivedAt);
    if (received > start) start = received;
  }
  return { day: addMonths(start, decision.months), means: "acceptance" };
}
