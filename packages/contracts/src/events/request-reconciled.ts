import { Type } from "typebox";
import { defineEvent } from "../cloud-event.ts";
import { Month } from "./projection-digest.ts";
import { closed, Time } from "./request-row.ts";

/** Aggregate of the events about the whole projection rather than one request. */
export const PROJECTION = "projection";

/**
 * Closes one comparison, after its snapshots. For each month of `months`, a row that no snapshot of this
 * repair touched isn't the entity's any more. No month: the digest was right, only the date of the last
 * comparison changes. `whole` says that the months not listed hold nothing (a rebuild).
 */
export const requestReconciled = defineEvent("SHARED", {
  kind: "request",
  verb: "reconciled",
  version: 1,
  data: Type.Object(
    {
      repair: Type.String({ format: "uuid" }),
      comparedAt: Time,
      whole: Type.Boolean(),
      months: Type.Array(Month),
    },
    closed,
  ),
});
