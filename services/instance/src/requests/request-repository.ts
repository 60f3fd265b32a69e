import type { Answers, Bilingual, Place, StatusKind } from "@interco/contracts/procedure";
import { type OutboxLine, outboxInsert } from "@interco/platform/outbox";
import { type Selectable, sql } from "kysely";
import type { Transaction } from "../database.ts";
import type { Request as RequestTable } from "../schema.ts";
import type { Contact, Request, Source, TimelineEntry } from "./request.ts";
import type { RequestEntityRow } from "./request-row.ts";

/** What one commit writes about a request. */
export interface RequestWrite {
  request: Request;
  rows: RequestEntityRow[];
  entries: TimelineEntry[];
  outbox: OutboxLine[];
}

/** The draft a request was typed in, as the submission leaves it. */
export interface SentDraft {
  hash: Buffer;
  trackingSealed: Buffer;
  /** Ids of the photos that go with the answers. */
  files: string[];
}

/**
 * Inserts a new request, its rows, its timeline and what must be told of it in one statement: a submission costs
 * one round trip here (five inserts one by one cost five).
 */
export async function insertRequest(
  trx: Transaction,
  write: RequestWrite & { trackingHmac: Buffer; draft: SentDraft | null },
): Promise<void> {
  const { request, draft } = write;
  await sql`/* statement: insert-request */
    with new_request as (
      insert into request select * from jsonb_populate_record(null::request, ${JSON.stringify(toRow(request, write.trackingHmac))}::jsonb)
    ), new_rows as (
      insert into request_entity select * from jsonb_populate_recordset(null::request_entity, ${JSON.stringify(write.rows)}::jsonb)
    ), new_entries as (
      insert into request_event select * from jsonb_populate_recordset(null::request_event, ${JSON.stringify(entryRows(request, write.entries))}::jsonb)
    ), new_lines as (
      ${outboxInsert(write.outbox)}
    ), sent_files as (
      update file set request_id = ${request.id}::uuid
      where draft_hash = ${draft?.hash ?? null} and id = any(${draft?.files ?? []}::uuid[])
    )
    update draft set request_id = ${request.id}::uuid, tracking_sealed = ${draft?.trackingSealed ?? null}, answers = '{}'
    where token_hash = ${draft?.hash ?? null}`.execute(trx);
}

/** Writes a change: the request's own columns, its timeline and what must be told. Rows are written by `writeRows`. */
export async function updateRequest(trx: Transaction, write: Omit<RequestWrite, "rows">): Promise<void> {
  const { request } = write;
  const {
    id: _id,
    entity: _entity,
    number: _number,
    answers: _answers,
    tracking_hmac: _hmac,
    received_at: _received,
    ...changed
  } = toRow(request, null);
  await trx
    .updateTable("request")
    .set({
      ...changed,
      title: JSON.stringify(request.title),
      place: request.place && JSON.stringify(request.place),
      contact: request.contact && JSON.stringify(request.contact),
    })
    .where("id", "=", request.id)
    .executeTakeFirstOrThrow();
  await sql`
    with new_entries as (
      insert into request_event select * from jsonb_populate_recordset(null::request_event, ${JSON.stringify(entryRows(request, write.entries))}::jsonb)
    )
    ${outboxInsert(write.outbox)}`.execute(trx);
}

/** Makes the rows of the entities concerned what they are now; `gone` become tombstones: number, dates, to whom it went. */
export async function writeRows(
  trx: Transaction,
  rows: readonly RequestEntityRow[],
  gone: readonly RequestEntityRow[],
): Promise<void> {
  const all = [...rows, ...gone.map(tombstone)];
  await sql`
    insert into request_entity select * from jsonb_populate_recordset(null::request_entity, ${JSON.stringify(all)}::jsonb)
    on conflict (entity, request_id) do update set (${sql.raw(ROW_COLUMNS)}) = row(${sql.raw(ROW_COLUMNS.replaceAll(/(\w+)/g, "excluded.$1"))})`.execute(
    trx,
  );
}

/** The rows of all entities concerned that this transaction may see. */
export async function listRows(trx: Transaction, requestId: string): Promise<RequestEntityRow[]> {
  const rows = await trx
    .selectFrom("request_entity")
    .selectAll()
    .where("request_id", "=", requestId)
    .execute();
  return rows.map((row) => ({
    ...row,
    deadline: row.deadline?.toISOString() ?? null,
    received_at: row.received_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    closed_at: row.closed_at?.toISOString() ?? null,
  })) as RequestEntityRow[];
}

/** Reads a request for a change and keeps others from changing it; undefined for whoever may not process it. */
export async function lockRequest(trx: Transaction, number: string): Promise<Request | undefined> {
  const row = await trx
    .selectFrom("request")
    .selectAll()
    .where("number", "=", number)
    .forUpdate()
    .executeTakeFirst();
  return row && fromRow(row);
}

/** A request by its number, undefined where row-level security hides it. */
export async function findRequest(trx: Transaction, number: string): Promise<Request | undefined> {
  const row = await trx.selectFrom("request").selectAll().where("number", "=", number).executeTakeFirst();
  return row && fromRow(row);
}

/** By id; for jobs, which act for every hosted entity. */
export async function findRequestById(trx: Transaction, id: string): Promise<Request | undefined> {
  const row = await trx.selectFrom("request").selectAll().where("id", "=", id).executeTakeFirst();
  return row && fromRow(row);
}

/** A citizen's own requests on this instance, newest first. The transaction is scoped to their subject. */
export async function listCitizenRequests(trx: Transaction, citizenSub: string): Promise<Request[]> {
  const rows = await trx
    .selectFrom("request")
    .selectAll()
    .where("citizen_sub", "=", citizenSub)
    .orderBy("received_at", "desc")
    .limit(200)
    .execute();
  return rows.map(fromRow);
}

/** The timeline, oldest first: only the lines this transaction's scope may read. */
export async function listTimeline(trx: Transaction, requestId: string): Promise<TimelineEntry[]> {
  const rows = await trx
    .selectFrom("request_event")
    .selectAll()
    .where("request_id", "=", requestId)
    .orderBy("at")
    .orderBy("id")
    .execute();
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind as TimelineEntry["kind"],
    at: row.at,
    authorEntity: row.author_entity,
    authorAgent: row.author_agent,
    authorName: row.author_name,
    visibility: row.visibility as TimelineEntry["visibility"],
    body: row.body,
    details: row.details as TimelineEntry["details"],
  }));
}

/** Adds lines to a timeline without changing the request: an internal note tells nobody. */
export async function addEntries(
  trx: Transaction,
  request: Pick<Request, "id" | "entity">,
  entries: readonly TimelineEntry[],
): Promise<void> {
  await sql`insert into request_event select * from jsonb_populate_recordset(null::request_event, ${JSON.stringify(entryRows(request, entries))}::jsonb)`.execute(
    trx,
  );
}

const ROW_COLUMNS =
  "relation, owner, shared, projected, number, version, procedure_slug, procedure_title, type_code, type_label, title, place_label, communes, status, status_label, status_kind, in_charge, in_charge_name, team, assignee, assignee_name, deadline, received_at, updated_at, closed_at, reason, gone_to, url, search";

const NOTHING = { fr: "", en: "" };

/** What stays with an entity that isn't concerned any more: number, dates, to whom it went. */
export function tombstone(row: RequestEntityRow): RequestEntityRow {
  return {
    ...row,
    relation: "gone",
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
    team: null,
    assignee: null,
    assignee_name: null,
    deadline: null,
    closed_at: null,
    reason: NOTHING,
    gone_to: row.in_charge_name,
    url: "",
    search: row.number.toLowerCase(),
  };
}

function entryRows(request: Pick<Request, "id" | "entity">, entries: readonly TimelineEntry[]) {
  return entries.map((entry) => ({
    id: entry.id,
    request_id: request.id,
    owner: request.entity,
    kind: entry.kind,
    at: entry.at,
    author_entity: entry.authorEntity,
    author_agent: entry.authorAgent,
    author_name: entry.authorName,
    visibility: entry.visibility,
    body: entry.body,
    details: entry.details,
  }));
}

function toRow(request: Request, trackingHmac: Buffer | null) {
  return {
    id: request.id,
    entity: request.entity,
    number: request.number,
    procedure_slug: request.procedureSlug,
    procedure_version: request.procedureVersion,
    type_code: request.typeCode,
    title: request.title as unknown,
    status: request.status,
    status_kind: request.statusKind as string,
    version: request.version,
    answers: request.answers as unknown,
    place: request.place as unknown,
    communes: request.communes,
    contact: request.contact as unknown,
    citizen_sub: request.citizenSub,
    source: request.source as string,
    filed_by: request.filedBy,
    lang: request.lang as string,
    tracking_hmac: trackingHmac && `\\x${trackingHmac.toString("hex")}`,
    in_charge: request.inCharge,
    team: request.team,
    assignee: request.assignee,
    assignee_name: request.assigneeName,
    deadline: request.deadline,
    deadline_days: request.deadlineDays,
    received_at: request.receivedAt,
    competent_received_at: request.competentReceivedAt,
    acknowledged_at: request.acknowledgedAt,
    planned_for: request.plannedFor,
    closed_at: request.closedAt,
    closing_reason: request.closingReason,
    updated_at: request.updatedAt,
  };
}

function fromRow(row: Selectable<RequestTable>): Request {
  return {
    id: row.id,
    entity: row.entity,
    number: row.number,
    procedureSlug: row.procedure_slug,
    procedureVersion: row.procedure_version,
    typeCode: row.type_code,
    title: row.title as Bilingual,
    status: row.status,
    statusKind: row.status_kind as StatusKind,
    version: row.version,
    answers: row.answers as Answers,
    place: row.place as Place | null,
    communes: row.communes,
    contact: row.contact as Contact | null,
    citizenSub: row.citizen_sub,
    source: row.source as Source,
    filedBy: row.filed_by,
    lang: row.lang as Request["lang"],
    inCharge: row.in_charge,
    team: row.team,
    assignee: row.assignee,
    assigneeName: row.assignee_name,
    deadline: row.deadline,
    deadlineDays: row.deadline_days,
    receivedAt: row.received_at,
    competentReceivedAt: row.competent_received_at,
    acknowledgedAt: row.acknowledged_at,
    plannedFor: row.planned_for && isoDay(row.planned_for),
    closedAt: row.closed_at,
    closingReason: row.closing_reason,
    updatedAt: row.updated_at,
  };
}

// pg reads a `date` as local midnight.
function isoDay(date: Date): string {
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;
}

/** Dates the acknowledgement of receipt, once. Returns whether it was this call. */
export async function markAcknowledged(trx: Transaction, id: string): Promise<boolean> {
  const result = await trx
    .updateTable("request")
    .set({ acknowledged_at: sql`now()` })
    .where("id", "=", id)
    .where("acknowledged_at", "is", null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** What an entity follows of the requests this instance owns: not those it had and hasn't any more. */
export async function findFollowed(
  trx: Transaction,
  entity: string,
  number: string,
): Promise<{ request_id: string; owner: string } | undefined> {
  return trx
    .selectFrom("request_entity")
    .select(["request_id", "owner"])
    .where("entity", "=", entity)
    .where("number", "=", number)
    .where("relation", "<>", "gone")
    .where("projected", "=", false)
    .executeTakeFirst();
}
