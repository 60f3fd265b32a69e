import { Type } from "typebox";
import { defineEvent } from "../cloud-event.ts";
import { closed, InCharge, RequestId, RequestNumber, Time, Version } from "./request-row.ts";

/**
 * The entity isn't concerned any more: it keeps a tombstone with these lines and nothing else. With `repair` it is
 * said again by a repair, as a snapshot would be.
 */
export const requestWithdrawn = defineEvent("SHARED", {
  kind: "request",
  verb: "withdrawn",
  version: 1,
  data: Type.Object(
    {
      requestId: RequestId,
      number: RequestNumber,
      version: Version,
      receivedAt: Time,
      withdrawnAt: Time,
      to: Type.Union([InCharge, Type.Null()], { description: "to whom it went" }),
      repair: Type.Optional(Type.String({ format: "uuid" })),
    },
    closed,
  ),
});
