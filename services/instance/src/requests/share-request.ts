import { requestChanged } from "@interco/contracts/events/request-changed";
import { requestDispatched } from "@interco/contracts/events/request-dispatched";
import { requestRegistered } from "@interco/contracts/events/request-registered";
import type { RequestRow } from "@interco/contracts/events/request-row";
import { requestWithdrawn } from "@interco/contracts/events/request-withdrawn";
import { eventLine, type OutboxLine } from "@interco/platform/outbox";
import type { Entity } from "../sites/entity.ts";
import type { RequestEntityRow } from "./request-row.ts";

export type ShareVerb = "registered" | "dispatched" | "changed";

const DEFINITIONS = { registered: requestRegistered, dispatched: requestDispatched, changed: requestChanged };

/** What an entity is told of a request: the row its own list needs, and never the citizen's identity or answers. */
export function eventRow(row: RequestEntityRow): RequestRow {
  return {
    requestId: row.request_id,
    number: row.number,
    version: row.version,
    procedure: { slug: row.procedure_slug, title: row.procedure_title },
    type: row.type_code && row.type_label ? { code: row.type_code, label: row.type_label } : null,
    title: row.title,
    placeLabel: row.place_label ?? "",
    communes: row.communes,
    status: row.status,
    statusLabel: row.status_label,
    statusKind: row.status_kind as RequestRow["statusKind"],
    assignee: row.assignee,
    assigneeName: row.assignee_name,
    relation: row.relation as RequestRow["relation"],
    inCharge: row.in_charge ? { entity: row.in_charge, name: row.in_charge_name } : null,
    team: row.team,
    receivedAt: row.received_at,
    updatedAt: row.updated_at,
    deadline: row.deadline,
    closedAt: row.closed_at,
    reason: row.reason,
    url: row.url,
  };
}

/**
 * The events that follow a change: one for each concerned entity but the owner, which holds the request itself,
 * and one `withdrawn` for each that isn't concerned any more. Only entities with a site have a list to update.
 */
export function shareLines(
  verb: ShareVerb,
  rows: readonly RequestEntityRow[],
  gone: readonly RequestEntityRow[],
  find: (id: string) => Entity | undefined,
): OutboxLine[] {
  const reaches = (row: RequestEntityRow) =>
    row.shared && row.entity !== row.owner && Boolean(find(row.entity)?.siteUrl);
  return [
    ...rows.filter(reaches).map((row) =>
      eventLine(DEFINITIONS[verb], {
        from: row.owner,
        to: row.entity,
        aggregate: row.request_id,
        data: eventRow(row),
      }),
    ),
    ...gone.filter(reaches).map((row) => withdrawnLine(row)),
  ];
}

/** Tells an entity that a request isn't its concern any more, and to whom it went; again, when a `repair` says so. */
export function withdrawnLine(row: RequestEntityRow, repair?: string): OutboxLine {
  return eventLine(requestWithdrawn, {
    from: row.owner,
    to: row.entity,
    aggregate: row.request_id,
    data: {
      requestId: row.request_id,
      number: row.number,
      version: row.version,
      receivedAt: row.received_at,
      withdrawnAt: row.updated_at,
      to: row.in_charge ? { entity: row.in_charge, name: row.in_charge_name } : null,
      ...(repair ? { repair } : {}),
    },
  });
}
