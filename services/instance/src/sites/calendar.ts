import type { CalendarOptions } from "@interco/kernel/calendar";

/** Working days as the demonstration's territory counts them: Moselle keeps two more holidays (Code du travail, L3134-13). */
export const CALENDAR: CalendarOptions = { alsaceMoselle: true };
