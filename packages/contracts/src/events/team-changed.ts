import { Type } from "typebox";
import { defineEvent } from "../cloud-event.ts";
import { closed, Version } from "./request-row.ts";

/** A team of an entity was made, renamed or closed. `code` is what dispatch tables name. */
export const teamChanged = defineEvent("ENTITY", {
  kind: "team",
  verb: "changed",
  version: 1,
  data: Type.Object(
    {
      version: Version,
      code: Type.String(),
      name: Type.String(),
      email: Type.Union([Type.String(), Type.Null()]),
      active: Type.Boolean(),
    },
    closed,
  ),
});
