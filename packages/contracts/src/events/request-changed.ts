import { defineEvent } from "../cloud-event.ts";
import { RequestRow } from "./request-row.ts";

/** Anything else the list shows has changed: status, dates, team, place. */
export const requestChanged = defineEvent("SHARED", {
  kind: "request",
  verb: "changed",
  version: 1,
  data: RequestRow,
});
