import type { ProcedureDefinition } from "@interco/contracts/procedure";
import { parisDay } from "@interco/kernel/calendar";
import { documentsDue, type Pause, type Silence, silence } from "@interco/kernel/delays";
import type { Request, TimelineEntry } from "./request.ts";

/** Last day to send documents where the request for them named none (CRPA R114-1 leaves it to the administration). */
const DAYS_WITHOUT_A_DATE = 30;

/** When the clock stood still, from the timeline: from each status that waits for the citizen to the one that left it. */
export function pausesOf(definition: ProcedureDefinition, timeline: readonly TimelineEntry[]): Pause[] {
  const waits = (status: string) =>
    definition.workflow.statuses.some((one) => one.code === status && one.kind === "waiting");
  const pauses: Pause[] = [];
  let open: Pause | undefined;
  for (const { at, details } of timeline) {
    if (!details.status) continue;
    if (waits(details.status)) {
      if (open) continue;
      open = {
        askedAt: at,
        dueOn: details.plannedFor ?? documentsDue(at, DAYS_WITHOUT_A_DATE),
        receivedAt: null,
      };
      pauses.push(open);
    } else if (open) {
      open.receivedAt = at;
      open = undefined;
    }
  }
  return pauses;
}

/** On which day silence decides, and what: the same for its author, its agents and its letters. Null: it never does, or not yet. */
export function silenceOf(
  request: Pick<Request, "receivedAt" | "competentReceivedAt">,
  definition: ProcedureDefinition,
  timeline: readonly TimelineEntry[],
): Silence | null {
  return silence(definition.decision, {
    firstReceivedAt: request.receivedAt,
    competentReceivedAt: request.competentReceivedAt,
    pauses: pausesOf(definition, timeline),
  });
}

/** The last day given to send documents, while they are awaited. */
export function awaitedUntil(pauses: readonly Pause[], now: Date): { day: string; past: boolean } | null {
  const open = pauses.find((pause) => pause.receivedAt === null);
  return open ? { day: open.dueOn, past: open.dueOn < parisDay(now) } : null;
}
