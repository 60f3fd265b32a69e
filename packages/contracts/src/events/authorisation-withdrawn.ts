import { Type } from "typebox";
import { defineEvent } from "../cloud-event.ts";
import { closed, Version } from "./request-row.ts";

/** The agent may not act for the commune on shared requests any more. */
export const authorisationWithdrawn = defineEvent("ENTITY", {
  kind: "authorisation",
  verb: "withdrawn",
  version: 1,
  data: Type.Object(
    {
      version: Version,
      agentId: Type.String({ description: "the territory-wide id of the professional account" }),
    },
    closed,
  ),
});
