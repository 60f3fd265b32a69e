import { createHash } from "node:crypto";
import { type Static, Type } from "typebox";
import { defineEvent } from "../cloud-event.ts";
import { closed, Time, Version } from "./request-row.ts";

/**
 * What an entity holds of one month (of receipt, UTC), tombstones included. `hash` is the XOR over its rows of
 * the first 8 bytes of `md5("<requestId>:<version>:<relation>:<status>")` (relation `gone` and no status for a
 * tombstone), as a signed 64-bit integer in decimal. In PostgreSQL:
 * `bit_xor(('x' || left(md5(concat_ws(':', request_id, version, relation, status)), 16))::bit(64)::bigint)::text`.
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
      cause: Type.Union(
        [Type.Literal("start"), Type.Literal("hourly"), Type.Literal("differs"), Type.Literal("rebuild")],
        {
          description:
            "differs: the answer to a question of `reconciled`, send what differs; rebuild: send everything, whatever the months say",
        },
      ),
      months: Type.Array(Month),
    },
    closed,
  ),
});

/** What of a row its month's hash is made from. */
export interface HashedRow {
  requestId: string;
  version: number;
  relation: string;
  /** Empty for a tombstone. */
  status: string;
}

/** The digest's hash, computed here: the order of rows doesn't matter. `0` for no row. */
export function projectionHash(rows: Iterable<HashedRow>): string {
  let hash = 0n;
  for (const { requestId, version, relation, status } of rows) {
    const text = [requestId, version, relation, status].join(":");
    hash ^= createHash("md5").update(text).digest().readBigInt64BE(0);
  }
  return hash.toString();
}
