import { Type } from "typebox";
import { defineEvent } from "../cloud-event.ts";
import { EntityContact } from "../instance-seed.ts";
import { closed, Version } from "./request-row.ts";

const orNull = (description: string) => Type.Union([Type.String(), Type.Null()], { description });

/** How an entity looks and is reached: what the agglomeration's pages and mails about its requests wear. */
export const profileChanged = defineEvent("ENTITY", {
  kind: "profile",
  verb: "changed",
  version: 1,
  data: Type.Object(
    {
      version: Version,
      name: Type.String(),
      fullName: Type.String(),
      shortName: orNull("where it has one"),
      liaison: Type.String(),
      theme: Type.Object(
        {
          brand: Type.String({ pattern: "^#[0-9a-f]{6}$" }),
          logoSvg: Type.Union([Type.String({ maxLength: 65536 }), Type.Null()]),
        },
        closed,
      ),
      contact: EntityContact,
      siteUrl: orNull("origin of its portal, with a slash"),
      mailSender: orNull(
        "address its own instance's mails come from; others use the one `federation.yaml` names",
      ),
    },
    closed,
  ),
});
