import { Type } from "typebox";
import { defineEvent } from "../cloud-event.ts";
import { closed, Version } from "./request-row.ts";

/** A commune's word that one of its agents may act for it on shared requests, with exactly these rights. */
export const authorisationGranted = defineEvent("ENTITY", {
  kind: "authorisation",
  verb: "granted",
  version: 1,
  data: Type.Object(
    {
      version: Version,
      agentId: Type.String({ description: "the territory-wide id of the professional account" }),
      rights: Type.Array(Type.String(), { description: "all of them: replaces what was granted before" }),
    },
    closed,
  ),
});
