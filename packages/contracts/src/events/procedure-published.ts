import { Type } from "typebox";
import { defineEvent } from "../cloud-event.ts";
import { Bilingual } from "../procedure.ts";
import { closed, Version } from "./request-row.ts";

/** A shared or intercommunal procedure as every commune's portal lists it; the form stays where it runs. */
export const procedurePublished = defineEvent("CATALOGUE", {
  kind: "procedure",
  verb: "published",
  version: 1,
  data: Type.Object(
    {
      version: Version,
      slug: Type.String({ pattern: "^[a-z0-9-]+$" }),
      kind: Type.Union([Type.Literal("shared"), Type.Literal("intercommunal")]),
      title: Bilingual,
      summary: Bilingual,
      category: Type.String(),
      icon: Type.String(),
      keywords: Type.String(),
      position: Type.Integer(),
      url: Type.String({ description: "its form; a portal adds ?commune=<INSEE>" }),
      active: Type.Boolean({ description: "false: off the lists" }),
    },
    closed,
  ),
});
