import { Type } from "typebox";
import { defineEvent } from "../cloud-event.ts";
import { closed, Version } from "./request-row.ts";

/** The harmonised report types, all of them, in two levels: replaces what was known. */
export const typePublished = defineEvent("CATALOGUE", {
  kind: "type",
  verb: "published",
  version: 1,
  data: Type.Object(
    {
      version: Version,
      types: Type.Array(
        Type.Object(
          {
            code: Type.String(),
            label: Type.String(),
            labelEn: Type.Union([Type.String(), Type.Null()]),
            parent: Type.Union([Type.String(), Type.Null()], { description: "code of the first level" }),
          },
          closed,
        ),
      ),
    },
    closed,
  ),
});
