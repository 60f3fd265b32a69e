import { createHash } from "node:crypto";
import { type Static, Type } from "typebox";
import { defineEvent } from "../cloud-event.ts";
import { closed, Time, Version } from "./request-row.ts";

/**
 * What an entity holds of one month (of receipt, UTC). `hash` is the XOR over its live rows of the first
 * 8 bytes of `md5("<requestId>:<version>")`, as a signed 64-bit integer in decimal. In PostgreSQL:
 * `bit_xor(('x' || left(md5(request_id || ':' || version), 16))::bit(64)::bigint)::text`.
 */
export const Month = Type.Object(
  {
    month: Type.String({ pattern: "^[0-9]{4}-(0[1-9]|1[0-2])$" }),
    count: Type.Integer({ minimum: 0 }),
    hash: Type.String({ pattern: "^-?[0-9]{1,19}$" }),
  },
  closed,
);
export type Month = Static<typeof Month>;

/** What an entity's projection holds, for the agglomeration to compare: on start, hourly, or to rebuild it. */
export const projectionDigest = defineEvent("ENTITY", {
  kind: "projection",
  verb: "digest",
  version: 1,
  data: Type.Object(
    {
      version: Version,
      takenAt: Time,
      cause: Type.Union([Type.Literal("start"), Type.Literal("hourly"), Type.Literal("rebuild")], {
        description: "rebuild: send everything, whatever the months say",
      }),
      months: Type.Array(Month),
    },
    closed,
  ),
});

/** The digest's hash, computed here: the order of rows doesn't matter. `0` for no row. */
export function projectionHash(rows: Iterable<{ requestId: string; version: number }>): string {
  let hash = 0n;
  for (const { requestId, version } of rows) {
    hash ^= createHash("md5").update(`${requestId}:${version}`).digest().readBigInt64BE(0);
  }
  return hash.toString();
}
