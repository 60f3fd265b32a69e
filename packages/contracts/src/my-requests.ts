import { type Static, Type } from "typebox";
import { Bilingual, StatusKind } from "./procedure.ts";

const closed = { additionalProperties: false };
const Time = Type.String({ format: "date-time" });
const orNull = <T extends import("typebox").TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** One of a person's own requests, as any site of the territory lists it. */
export const MyRequest = Type.Object(
  {
    number: Type.String(),
    title: Bilingual,
    procedure: Type.Object({ slug: Type.String(), title: Bilingual }, closed),
    status: Type.Object({ code: Type.String(), label: Bilingual, kind: StatusKind }, closed),
    inCharge: orNull(
      Type.Object(
        {
          entity: Type.String({ description: "id" }),
          name: Type.String({ description: "Mairie de Woippy" }),
        },
        closed,
      ),
    ),
    placeLabel: orNull(Bilingual),
    receivedAt: Time,
    updatedAt: Time,
    plannedFor: orNull(Type.String({ description: "ISO day" })),
    deadline: orNull(Time),
    closedAt: orNull(Time),
    url: Type.String({ description: "where the person follows it: the owner's site" }),
  },
  closed,
);
export type MyRequest = Static<typeof MyRequest>;

/** What `GET /api/demandes/miennes` answers: requests of the token's subject at the entity asked, newest first, 200 at most. */
export const MyRequests = Type.Object({ requests: Type.Array(MyRequest) }, closed);
export type MyRequests = Static<typeof MyRequests>;
