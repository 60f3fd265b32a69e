import { Type } from "typebox";
import { defineEvent } from "../cloud-event.ts";
import { Month } from "./projection-digest.ts";
import { closed } from "./request-row.ts";

/**
 * Closes one comparison, which is its own aggregate: one that can't be applied holds back no other. `months` are
 * those that differ, as the source has them; none: the digest was right, only the date of the last comparison
 * changes.
 *
 * A `question` comes without snapshots: a digest is taken at one moment and compared at another, so what was on
 * its way then looks like a difference. The entity compares again here, where all that was said before has
 * arrived, and only asks for what still differs.
 *
 * Otherwise the repair's snapshots came before. When they are all there (counts and hashes say so), they replace
 * the months' rows, and a row that no snapshot brought isn't the entity's any more, unless an event about it
 * came after `comparedAt`. `whole`: the months not listed hold nothing (a rebuild).
 */
export const requestReconciled = defineEvent("SHARED", {
  kind: "request",
  verb: "reconciled",
  version: 1,
  data: Type.Object(
    {
      repair: Type.String({ format: "uuid" }),
      comparedAt: Type.String({
        format: "date-time",
        description: "when the digest was taken, by the entity's own clock",
      }),
      question: Type.Boolean(),
      whole: Type.Boolean(),
      months: Type.Array(Month),
    },
    closed,
  ),
});
