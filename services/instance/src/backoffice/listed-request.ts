import type { Bilingual } from "@interco/contracts/procedure";
import type { Relation } from "../requests/request.ts";
import type { RequestEntityRow } from "../requests/request-row.ts";
import type { Cursor } from "./cursor.ts";

/** A request as an entity's list holds it. */
export interface ListedRequest {
  id: string;
  relation: Relation;
  shared: boolean;
  projected: boolean;
  number: string;
  version: number;
  procedureSlug: string;
  procedureTitle: Bilingual;
  typeCode: string | null;
  typeLabel: Bilingual | null;
  title: Bilingual;
  placeLabel: string | null;
  communes: string[];
  status: string;
  statusLabel: Bilingual;
  statusKind: "open" | "waiting" | "closed";
  inCharge: string | null;
  inChargeName: string | null;
  team: string | null;
  assignee: string | null;
  assigneeName: string | null;
  deadline: Date | null;
  receivedAt: Date;
  updatedAt: Date;
  closedAt: Date | null;
  reason: Bilingual;
  goneTo: string | null;
  url: string;
  cursor: Cursor;
}

/** A request as a line of the agents' lists shows it, in the page's language. */
export interface ListLine
  extends Pick<
    ListedRequest,
    | "id"
    | "relation"
    | "shared"
    | "projected"
    | "number"
    | "statusKind"
    | "inCharge"
    | "inChargeName"
    | "team"
    | "assignee"
    | "deadline"
    | "receivedAt"
    | "updatedAt"
    | "goneTo"
    | "url"
    | "cursor"
  > {
  procedureTitle: string;
  title: string;
  statusLabel: string;
  reason: string | null;
}

/** What is read of each request, and the request it makes. */
export interface Reading<R> {
  columns: string;
  toRequest: (row: Row) => R;
}

export const WHOLE: Reading<ListedRequest> = {
  columns: `request_id, relation, shared, projected, number, version, procedure_slug, procedure_title, type_code, type_label, title,
     place_label, communes, status, status_label, status_kind, in_charge, in_charge_name, team, assignee, assignee_name, deadline,
     received_at, updated_at, closed_at, reason, gone_to, url`,
  toRequest: toListed,
};

/** A list shows fifty of them: what it doesn't show isn't read, and words in the other language neither. */
export const LINES = { fr: lineIn("fr"), en: lineIn("en") };

function lineIn(lang: "fr" | "en"): Reading<ListLine> {
  const words = ["procedure_title", "title", "status_label", "reason"].map(
    (column) => `${column}->>'${lang}' as ${column}`,
  );
  return {
    columns: `request_id, relation, shared, projected, number, status_kind, in_charge, in_charge_name, team, assignee, deadline,
       received_at, updated_at, gone_to, url, ${words.join(", ")}`,
    toRequest: toLine as (row: unknown) => ListLine,
  };
}

type Dates = "received_at" | "updated_at";
type Ends = "deadline" | "closed_at";
export type Row = Omit<RequestEntityRow, Dates | Ends | "relation" | "status_kind"> &
  Record<Dates, Date> &
  Record<Ends, Date | null> & {
    relation: Relation;
    status_kind: ListedRequest["statusKind"];
    cursor_at: string;
  };

function toListed(row: Row): ListedRequest {
  return {
    ...inBoth(row),
    version: row.version,
    procedureSlug: row.procedure_slug,
    procedureTitle: row.procedure_title,
    typeCode: row.type_code,
    typeLabel: row.type_label,
    title: row.title,
    placeLabel: row.place_label,
    communes: row.communes,
    status: row.status,
    statusLabel: row.status_label,
    assigneeName: row.assignee_name,
    closedAt: row.closed_at,
    reason: row.reason,
  };
}

type Words = "procedure_title" | "title" | "status_label";
type LineRow = Omit<Row, Words | "reason"> & Record<Words, string> & { reason: string | null };

function toLine(row: LineRow): ListLine {
  return {
    ...inBoth(row),
    procedureTitle: row.procedure_title,
    title: row.title,
    statusLabel: row.status_label,
    reason: row.reason,
  };
}

function inBoth(row: Row | LineRow) {
  return {
    id: row.request_id,
    relation: row.relation,
    shared: row.shared,
    projected: row.projected,
    number: row.number,
    statusKind: row.status_kind,
    inCharge: row.in_charge,
    inChargeName: row.in_charge_name,
    team: row.team,
    assignee: row.assignee,
    deadline: row.deadline,
    receivedAt: row.received_at,
    updatedAt: row.updated_at,
    goneTo: row.gone_to,
    url: row.url,
    cursor: { at: row.cursor_at, id: row.request_id },
  };
}
