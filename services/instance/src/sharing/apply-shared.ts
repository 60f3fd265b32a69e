import { senderOf } from "@interco/contracts/cloud-event";
import type { SharedEvent } from "@interco/contracts/events/event-list";
import type { RequestRow } from "@interco/contracts/events/request-row";
import type { Transaction } from "../database.ts";
import { type RequestEntityRow, searchText } from "../requests/request-row.ts";
import { eraseProjectedRow, stageRow, upsertProjectedRow } from "./projection-repository.ts";
import { closeComparison } from "./repair.ts";

/** Applies what the agglomeration says to one entity: its list follows, and nothing older ever undoes what is newer. */
export async function applyShared(trx: Transaction, entity: string, event: SharedEvent): Promise<void> {
  const owner = senderOf(event);
  switch (event.type) {
    case "fr.interco.request.registered.v1":
    case "fr.interco.request.dispatched.v1":
    case "fr.interco.request.changed.v1":
      return upsertProjectedRow(trx, projectedRow(entity, owner, event.data));
    case "fr.interco.request.withdrawn.v1": {
      const row = withdrawnRow(entity, owner, event.data);
      return event.data.repair ? stageRow(trx, row, event.data.repair) : upsertProjectedRow(trx, row);
    }
    case "fr.interco.request.snapshot.v1": {
      const { repair, ...row } = event.data;
      return stageRow(trx, projectedRow(entity, owner, row), repair);
    }
    case "fr.interco.request.reconciled.v1":
      return closeComparison(trx, entity, event.data);
    case "fr.interco.request.erased.v1":
      return eraseProjectedRow(trx, entity, event.data.requestId);
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

const NOTHING = { fr: "", en: "" };

function withdrawnRow(
  entity: string,
  owner: string,
  data: Extract<SharedEvent, { type: "fr.interco.request.withdrawn.v1" }>["data"],
): RequestEntityRow {
  return {
    entity,
    request_id: data.requestId,
    relation: "gone",
    owner,
    shared: true,
    projected: true,
    number: data.number,
    version: data.version,
    procedure_slug: "",
    procedure_title: NOTHING,
    type_code: null,
    type_label: null,
    title: NOTHING,
    place_label: null,
    communes: [],
    status: "",
    status_label: NOTHING,
    status_kind: "closed",
    in_charge: data.to?.entity ?? null,
    in_charge_name: data.to?.name ?? null,
    team: null,
    assignee: null,
    assignee_name: null,
    deadline: null,
    received_at: data.receivedAt,
    updated_at: data.withdrawnAt,
    closed_at: null,
    reason: NOTHING,
    gone_to: data.to?.name ?? null,
    url: "",
    search: data.number.toLowerCase(),
  };
}
