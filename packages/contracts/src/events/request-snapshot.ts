import { defineEvent } from "../cloud-event.ts";
import { RequestSnapshotRow } from "./request-row.ts";

/** A row as it is now, sent by a repair: applied when its version is equal or newer. */
export const requestSnapshot = defineEvent("SHARED", {
  kind: "request",
  verb: "snapshot",
  version: 1,
  data: RequestSnapshotRow,
});
