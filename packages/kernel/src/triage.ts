import type { FirstRecipient, TriageRoster } from "@interco/contracts/dispatch";
import {
  addDays,
  addWorkingDays,
  type CalendarOptions,
  type Day,
  endOfParisDay,
  parisDay,
  weekday,
} from "./calendar.ts";

/** What is known of a request that waits in triage. */
export interface TriageFacts {
  type: string | null;
  communes: readonly string[];
}

/**
 * Who looks first at a request no table decided: those named for its type *and* one of its communes, else for
 * its type, else for a commune, else for everything. The kind of problem says more than the place: competence
 * comes first here too.
 */
export function firstRecipients(roster: TriageRoster, { type, communes }: TriageFacts): FirstRecipient[] {
  const fitting = roster.recipients.flatMap((recipient) => {
    if (recipient.types && (type === null || !recipient.types.includes(type))) return [];
    if (recipient.communes && !recipient.communes.some((commune) => communes.includes(commune))) return [];
    return [{ recipient, rank: (recipient.types ? 2 : 0) + (recipient.communes ? 1 : 0) }];
  });
  const best = Math.max(...fitting.map(({ rank }) => rank));
  return fitting.filter(({ rank }) => rank === best).map(({ recipient }) => recipient);
}

/** Whether somebody works on a day: their weekdays, no absence. Without presence days: Monday to Friday. */
export function presentOn(recipient: Pick<FirstRecipient, "presence" | "absences">, day: Day): boolean {
  const days = recipient.presence ?? [1, 2, 3, 4, 5];
  const away = (recipient.absences ?? []).some(({ from, to }) => from <= day && day <= to);
  return days.includes(weekday(day)) && !away;
}

/**
 * Who really looks on a day: each recipient, or the first of their chain of stand-ins who is there. When nobody
 * is, the recipients themselves: a request never waits for no one.
 */
export function whoLooks(
  roster: TriageRoster,
  recipients: readonly FirstRecipient[],
  day: Day,
): FirstRecipient[] {
  const byId = new Map(roster.recipients.map((recipient) => [recipient.id, recipient]));
  const present = recipients.flatMap((recipient) => standingIn(recipient, byId, day) ?? []);
  return present.length > 0 ? [...new Set(present)] : [...recipients];
}

function standingIn(
  recipient: FirstRecipient,
  byId: ReadonlyMap<string, FirstRecipient>,
  day: Day,
): FirstRecipient | undefined {
  const seen = new Set<string>();
  let candidate: FirstRecipient | undefined = recipient;
  while (candidate && !seen.has(candidate.id)) {
    if (presentOn(candidate, day)) return candidate;
    seen.add(candidate.id);
    candidate = candidate.standIn === undefined ? undefined : byId.get(candidate.standIn);
  }
  return undefined;
}

/** The next day somebody works, today included; null when that isn't within a year. */
export function nextPresence(
  recipient: Pick<FirstRecipient, "presence" | "absences">,
  from: Day,
): Day | null {
  for (let days = 0; days < 366; days++) {
    const day = addDays(from, days);
    if (presentOn(recipient, day)) return day;
  }
  return null;
}

/** By when triage must have named the entity in charge: the end, in Paris, of the roster's nth working day. */
export function triageDeadline(roster: TriageRoster, receivedAt: Date, options?: CalendarOptions): Date {
  return endOfParisDay(addWorkingDays(parisDay(receivedAt), roster.deadlineDays, options));
}

/** When to warn that a request still waits: half-way between its receipt and its deadline. */
export function alertAt(receivedAt: Date, deadline: Date): Date {
  return new Date((receivedAt.getTime() + deadline.getTime()) / 2);
}
