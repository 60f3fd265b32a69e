import { type Static, Type } from "typebox";
import { EntityId } from "../instance-config.ts";
import { Bilingual, StatusKind } from "../procedure.ts";

export const Time = Type.String({ format: "date-time" });
/** Of the aggregate: grows by one with each change; a reader skips what isn't newer than what it has. */
export const Version = Type.Integer({ minimum: 1 });
export const RequestId = Type.String({ format: "uuid" });
export const RequestNumber = Type.String({ pattern: "^[A-Z0-9]{2,5}-[0-9]{4}-[A-Z0-9]{7}$" });
export const closed = { additionalProperties: false };

/** Who must process it; the entity is null while it waits in triage or when a partner has no id here. */
export const InCharge = Type.Object(
  { entity: Type.Union([EntityId, Type.Null()]), name: Type.Union([Type.String(), Type.Null()]) },
  closed,
);

const fields = {
  requestId: RequestId,
  number: RequestNumber,
  version: Version,
  procedure: Type.Object({ slug: Type.String(), title: Bilingual }, closed),
  type: Type.Union([Type.Object({ code: Type.String(), label: Bilingual }, closed), Type.Null()]),
  title: Type.Object(
    { fr: Type.String(), en: Type.String() },
    { ...closed, description: "from the procedure, the type and the place, never the citizen's description" },
  ),
  placeLabel: Type.String(),
  communes: Type.Array(EntityId, { description: "of the place" }),
  status: Type.String(),
  statusLabel: Bilingual,
  statusKind: StatusKind,
  assignee: Type.Union([Type.String(), Type.Null()], { description: "agent_id of who took it" }),
  assigneeName: Type.Union([Type.String(), Type.Null()]),
  relation: Type.Union([Type.Literal("in_charge"), Type.Literal("place"), Type.Literal("triage")]),
  inCharge: Type.Union([InCharge, Type.Null()]),
  team: Type.Union([Type.String(), Type.Null()]),
  receivedAt: Time,
  updatedAt: Time,
  deadline: Type.Union([Time, Type.Null()]),
  closedAt: Type.Union([Time, Type.Null()]),
  reason: Bilingual,
  url: Type.String({ description: "the agent's page on the agglomeration's instance" }),
};

/**
 * What the list and the search of a concerned entity need of a shared request: its whole state, so that
 * one event read is enough. Never the citizen's identity or answers: the agent opens those where they are.
 */
export const RequestRow = Type.Object(fields, closed);
export type RequestRow = Static<typeof RequestRow>;

/** A row sent again by a repair; `repair` is the run, which `reconciled` closes. */
export const RequestSnapshotRow = Type.Object({ ...fields, repair: Type.String({ format: "uuid" }) }, closed);
export type RequestSnapshotRow = Static<typeof RequestSnapshotRow>;
