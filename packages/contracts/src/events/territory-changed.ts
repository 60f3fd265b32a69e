import { Type } from "typebox";
import { defineEvent } from "../cloud-event.ts";
import { EntityId } from "../instance-config.ts";
import { closed, Version } from "./request-row.ts";

/**
 * The whole territory: the agglomeration, its communes (with or without a site) and its partners. Replaces
 * what was known. No logo and no contact: an event stays far below the 1 MiB a message may weigh.
 */
export const territoryChanged = defineEvent("CATALOGUE", {
  kind: "territory",
  verb: "changed",
  version: 1,
  data: Type.Object(
    {
      version: Version,
      entities: Type.Array(
        Type.Object(
          {
            id: EntityId,
            code: Type.String(),
            kind: Type.Union([
              Type.Literal("agglomeration"),
              Type.Literal("commune"),
              Type.Literal("partner"),
            ]),
            name: Type.String(),
            fullName: Type.String(),
            shortName: Type.Union([Type.String(), Type.Null()]),
            liaison: Type.String(),
            shortCode: Type.String(),
            siteUrl: Type.Union([Type.String(), Type.Null()]),
            postalCodes: Type.Array(Type.String()),
            brand: Type.String({ pattern: "^#[0-9a-f]{6}$" }),
          },
          closed,
        ),
      ),
    },
    closed,
  ),
});
