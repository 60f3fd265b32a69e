import { Type } from "typebox";
import { defineEvent } from "../cloud-event.ts";
import { closed, RequestId, Version } from "./request-row.ts";

/** Erased (GDPR art. 17) or at the end of its retention: no copy of it remains, the stream's included. */
export const requestErased = defineEvent("SHARED", {
  kind: "request",
  verb: "erased",
  version: 1,
  data: Type.Object({ requestId: RequestId, version: Version }, closed),
});
