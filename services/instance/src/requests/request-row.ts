import type { Bilingual } from "@interco/contracts/procedure";
import type { Entity } from "../sites/entity.ts";
import type { Concern } from "./concerned-entities.ts";
import type { Request } from "./request.ts";

/** A line of `request_entity`, by column: what a list of this entity needs. */
export interface RequestEntityRow {
  entity: string;
  request_id: string;
  relation: "in_charge" | "triage" | "place" | "gone";
  owner: string;
  shared: boolean;
  projected: boolean;
  number: string;
  version: number;
  procedure_slug: string;
  procedure_title: Bilingual;
  type_code: string | null;
  type_label: Bilingual | null;
  title: Bilingual;
  place_label: string | null;
  communes: string[];
  status: string;
  status_label: Bilingual;
  status_kind: string;
  in_charge: string | null;
  in_charge_name: string | null;
  team: string | null;
  assignee: string | null;
  assignee_name: string | null;
  deadline: string | null;
  received_at: string;
  updated_at: string;
  closed_at: string | null;
  reason: Bilingual;
  gone_to: string | null;
  url: string;
  search: string;
}

/** The table's columns, the two of its key first: one list for every statement that writes whole rows. */
export const ROW_COLUMNS = [
  "entity",
  "request_id",
  "relation",
  "owner",
  "shared",
  "projected",
  "number",
  "version",
  "procedure_slug",
  "procedure_title",
  "type_code",
  "type_label",
  "title",
  "place_label",
  "communes",
  "status",
  "status_label",
  "status_kind",
  "in_charge",
  "in_charge_name",
  "team",
  "assignee",
  "assignee_name",
  "deadline",
  "received_at",
  "updated_at",
  "closed_at",
  "reason",
  "gone_to",
  "url",
  "search",
] as const satisfies readonly (keyof RequestEntityRow)[];

const NOTHING = { fr: "", en: "" };

/** What stays with an entity that isn't concerned any more: number, dates, to whom it went. */
export function tombstone(
  row: Pick<
    RequestEntityRow,
    | "entity"
    | "request_id"
    | "owner"
    | "shared"
    | "projected"
    | "number"
    | "version"
    | "in_charge"
    | "in_charge_name"
    | "received_at"
    | "updated_at"
  >,
): RequestEntityRow {
  return {
    entity: row.entity,
    request_id: row.request_id,
    relation: "gone",
    owner: row.owner,
    shared: row.shared,
    projected: row.projected,
    number: row.number,
    version: row.version,
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
    in_charge: row.in_charge,
    in_charge_name: row.in_charge_name,
    team: null,
    assignee: null,
    assignee_name: null,
    deadline: null,
    received_at: row.received_at,
    updated_at: row.updated_at,
    closed_at: null,
    reason: NOTHING,
    gone_to: row.in_charge_name,
    url: "",
    search: row.number.toLowerCase(),
  };
}

/** What a row says that the request itself doesn't hold. */
export interface RowLabels {
  procedureTitle: Bilingual;
  typeLabel: Bilingual | null;
  statusLabel: Bilingual;
  placeLabel: string | null;
  /** Owner isn't the entity itself, or may hand it to others: it comes from the agglomeration. */
  shared: boolean;
  url: string;
}

/** The list row of one entity concerned by a request. */
export function requestRow(
  request: Request,
  concern: Concern,
  labels: RowLabels,
  find: (id: string) => Entity | undefined,
): RequestEntityRow {
  return {
    entity: concern.entity,
    request_id: request.id,
    relation: concern.relation,
    owner: request.entity,
    shared: labels.shared,
    projected: false,
    number: request.number,
    version: request.version,
    procedure_slug: request.procedureSlug,
    procedure_title: labels.procedureTitle,
    type_code: request.typeCode,
    type_label: labels.typeLabel,
    title: request.title,
    place_label: labels.placeLabel,
    communes: request.communes,
    status: request.status,
    status_label: labels.statusLabel,
    status_kind: request.statusKind,
    in_charge: request.inCharge,
    in_charge_name: request.inCharge ? (find(request.inCharge)?.fullName ?? null) : null,
    team: request.team,
    assignee: request.assignee,
    assignee_name: request.assigneeName,
    deadline: request.deadline?.toISOString() ?? null,
    received_at: request.receivedAt.toISOString(),
    updated_at: request.updatedAt.toISOString(),
    closed_at: request.closedAt?.toISOString() ?? null,
    reason: concern.reason,
    gone_to: null,
    url: labels.url,
    search: searchText(
      `${request.number} ${request.title.fr} ${labels.placeLabel ?? ""} ${labels.typeLabel?.fr ?? ""} ${nameFor(request, concern)}`,
    ),
  };
}

/** Who processes a request may look for its author's name; who follows it may not. It never leaves this database. */
function nameFor(request: Request, { relation }: Concern): string {
  return relation === "place" ? "" : (request.contact?.name ?? "");
}

/** Lower case, without accents: what a search is compared with. */
export function searchText(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
