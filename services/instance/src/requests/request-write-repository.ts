import { OUTBOX_INSERT, type OutboxLine, outboxRows } from "@interco/platform/outbox";
import { runStatement, type Statement } from "@interco/platform/statement";
import type { Transaction } from "../database.ts";
import type { Request, TimelineEntry } from "./request.ts";
import type { RequestEntityRow } from "./request-row.ts";
import { entryRows } from "./timeline-repository.ts";

/** What one commit writes about a request. */
export interface RequestWrite {
  request: Request;
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

/** A request not filed yet, with all that is written with it. */
export interface NewRequest extends RequestWrite {
  rows: RequestEntityRow[];
  trackingHmac: Buffer;
  draft: SentDraft | null;
}

// Most requests have no photo: row-level security on files costs the others a tenth of their time.
const INSERT_REQUESTS = insertStatement("insert-requests", "");
const INSERT_REQUESTS_WITH_FILES = insertStatement(
  "insert-requests-with-files",
  `, sent_files as (
    update file set request_id = (select sent.request_id from unnest($8::uuid[], $9::uuid[]) as sent (id, request_id) where sent.id = file.id)
    where id = any ($8::uuid[]) and draft_hash = any ($5::bytea[])
  )`,
);

function insertStatement(name: string, files: string): Statement {
  return {
    name,
    last: true,
    text: `with new_requests as (
    insert into request select * from jsonb_populate_recordset(null::request, $1::jsonb)
  ), new_rows as (
    insert into request_entity select * from jsonb_populate_recordset(null::request_entity, $2::jsonb)
  ), new_entries as (
    insert into request_event select * from jsonb_populate_recordset(null::request_event, $3::jsonb)
  ), new_lines as (
    ${OUTBOX_INSERT("$4")}
  )${files}
  update draft set answers = '{}', (request_id, tracking_sealed) = (
    select sent.request_id, sent.sealed from unnest($5::bytea[], $6::uuid[], $7::bytea[]) as sent (hash, request_id, sealed)
    where sent.hash = draft.token_hash)
  where token_hash = any ($5::bytea[])`,
  };
}

/**
 * Inserts new requests with their rows, their timelines and what must be told of them, and commits: all in one statement and
 * one trip, for one request as for many. Once it has answered, nothing can lose them.
 */
export async function insertRequests(trx: Transaction, made: readonly NewRequest[]): Promise<void> {
  const sent = made.flatMap(({ request, draft }) => (draft ? [{ requestId: request.id, ...draft }] : []));
  const files = sent.flatMap((draft) => draft.files.map((id) => ({ id, requestId: draft.requestId })));
  const values = [
    JSON.stringify(made.map(({ request, trackingHmac }) => toRow(request, trackingHmac))),
    JSON.stringify(made.flatMap(({ rows }) => rows)),
    entryRows(made),
    outboxRows(made.flatMap(({ outbox }) => outbox)),
    sent.map(({ hash }) => hash),
    sent.map(({ requestId }) => requestId),
    sent.map(({ trackingSealed }) => trackingSealed),
  ];
  if (files.length === 0) await runStatement(trx, INSERT_REQUESTS, values);
  else {
    const filed = [files.map(({ id }) => id), files.map(({ requestId }) => requestId)];
    await runStatement(trx, INSERT_REQUESTS_WITH_FILES, [...values, ...filed]);
  }
}

const UPDATE_TIMELINE: Statement = {
  name: "insert-entries-and-lines",
  text: `with new_entries as (
    insert into request_event select * from jsonb_populate_recordset(null::request_event, $1::jsonb)
  )
  ${OUTBOX_INSERT("$2")}`,
};

/** Writes a change: the request's own columns, its timeline and what must be told. Its rows are written by `writeRows`. */
export async function updateRequest(trx: Transaction, write: RequestWrite): Promise<void> {
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
  await runStatement(trx, UPDATE_TIMELINE, [entryRows([write]), outboxRows(write.outbox)]);
}

const ACKNOWLEDGE: Statement = {
  name: "acknowledge-request",
  last: true,
  text: `with dated as (
      update request set acknowledged_at = now() where id = $1 and acknowledged_at is null returning id
    )
    insert into request_event select entry.* from jsonb_populate_recordset(null::request_event, $2::jsonb) as entry, dated`,
};

/** Dates the acknowledgement of receipt and says it in the timeline, once, and commits. */
export async function acknowledge(
  trx: Transaction,
  request: Pick<Request, "id" | "entity">,
  entry: TimelineEntry,
): Promise<void> {
  await runStatement(trx, ACKNOWLEDGE, [request.id, entryRows([{ request, entries: [entry] }])]);
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
