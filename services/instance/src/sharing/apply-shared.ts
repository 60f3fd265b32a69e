import { senderOf } from "@interco/contracts/cloud-event";
import type { SharedEvent } from "@interco/contracts/events/event-list";
import type { RequestRow } from "@interco/contracts/events/request-row";
import type { Transaction } from "../database.ts";
import { type RequestEntityRow, searchText, tombstone } from "../requests/request-row.ts";
import { eraseProjectedRow, stageRow, upsertProjectedRows } from "./projection-repository.ts";
import { closeComparison } from "./repair.ts";

/** Applies what the agglomeration says to one entity: its list follows, and nothing older ever undoes what is newer. */
export async function applyShared(trx: Transaction, entity: string, event: SharedEvent): Promise<void> {
  const row = rowSaid(entity, event);
  if (row) return upsertProjectedRows(trx, [row]);
  switch (event.type) {
    case "fr.interco.request.withdrawn.v1":
      if (event.data.repair) await stageRow(trx, withdrawnRow(entity, event), event.data.repair);
      return;
    case "fr.interco.request.snapshot.v1": {
      const { repair, ...said } = event.data;
      return stageRow(trx, projectedRow(entity, senderOf(event), said), repair);
    }
    case "fr.interco.request.reconciled.v1":
      return closeComparison(trx, entity, event.data);
    case "fr.interco.request.erased.v1":
      return eraseProjectedRow(trx, entity, event.data.requestId);
  }
}

/** What a backlog is made of: rows, written many in one statement. */
export const rowsTogether = (entity: string) => ({
  takes: (event: SharedEvent) => rowSaid(entity, event) !== null,
  apply: (trx: Transaction, events: readonly SharedEvent[]) =>
    upsertProjectedRows(
      trx,
      events.flatMap((event) => rowSaid(entity, event) ?? []),
    ),
});

/** The row an event makes of a request; null where it says something else, or is part of a repair. */
function rowSaid(entity: string, event: SharedEvent): RequestEntityRow | null {
  switch (event.type) {
    case "fr.interco.request.registered.v1":
    case "fr.interco.request.dispatched.v1":
    case "fr.interco.request.changed.v1":
      return projectedRow(entity, senderOf(event), event.data);
    case "fr.interco.request.withdrawn.v1":
      return event.data.repair ? null : withdrawnRow(entity, event);
    default:
      return null;
  }
}

function projectedRow(entity: string, owner: string, row: RequestRow): RequestEntityRow {
  return {
    entity,
    request_id: row.requestId,
    relation: row.relation,
    owner,
    shared: true,
    projected: true,
    number: row.number,
    version: row.version,
    procedure_slug: row.procedure.slug,
    procedure_title: row.procedure.title,
    type_code: row.type?.code ?? null,
    type_label: row.type?.label ?? null,
    title: row.title,
    place_label: row.placeLabel || null,
    communes: row.communes,
    status: row.status,
    status_label: row.statusLabel,
    status_kind: row.statusKind,
    in_charge: row.inCharge?.entity ?? null,
    in_charge_name: row.inCharge?.name ?? null,
    team: row.team,
    assignee: row.assignee,
    assignee_name: row.assigneeName,
    deadline: row.deadline,
    received_at: row.receivedAt,
    updated_at: row.updatedAt,
    closed_at: row.closedAt,
    reason: row.reason,
    gone_to: null,
    url: row.url,
    search: searchText(`${row.number} ${row.title.fr} ${row.placeLabel} ${row.type?.label.fr ?? ""}`),
  };
}

function withdrawnRow(
  entity: string,
  event: Extract<SharedEvent, { type: "fr.interco.request.withdrawn.v1" }>,
): RequestEntityRow {
  const { data } = event;
  return tombstone({
    entity,
    request_id: data.requestId,
    owner: senderOf(event),
    shared: true,
    projected: true,
    number: data.number,
    version: data.version,
    in_charge: data.to?.entity ?? null,
    in_charge_name: data.to?.name ?? null,
    received_at: data.receivedAt,
    updated_at: data.withdrawnAt,
  });
}
