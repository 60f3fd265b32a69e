import { defineEvent } from "../cloud-event.ts";
import { RequestRow } from "./request-row.ts";

/** A citizen or an agent filed a shared request; it isn't dispatched yet, or was at once. */
export const requestRegistered = defineEvent("SHARED", {
  kind: "request",
  verb: "registered",
  version: 1,
  data: RequestRow,
});
