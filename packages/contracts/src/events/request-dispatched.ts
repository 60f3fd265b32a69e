import { defineEvent } from "../cloud-event.ts";
import { RequestRow } from "./request-row.ts";

/** An entity in charge was found, by the tables or by hand; also a hand-over to another one. */
export const requestDispatched = defineEvent("SHARED", {
  kind: "request",
  verb: "dispatched",
  version: 1,
  data: RequestRow,
});
