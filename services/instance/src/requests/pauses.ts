import type { ProcedureDefinition } from "@interco/contracts/procedure";
import { parisDay } from "@interco/kernel/calendar";
import { documentsDue, type Pause } from "@interco/kernel/delays";
import type { TimelineEntry } from "./request.ts";

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

/** The last day given to send documents, while they are awaited. */
export function awaitedUntil(pauses: readonly Pause[], now: Date): { day: string; past: boolean } | null {
  const open = pauses.find((pause) => pause.receivedAt === null);
  return open ? { day: open.dueOn, past: open.dueOn < parisDay(now) } : null;
}
