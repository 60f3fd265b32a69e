import type { Answers, Bilingual, Place, StatusKind } from "@interco/contracts/procedure";
import { runLast } from "@interco/platform/statement";
import type { Selectable } from "kysely";
import type { Transaction } from "../database.ts";
import type { Request as RequestTable } from "../schema.ts";
import type { Contact, Request, Source } from "./request.ts";

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

/** By id, and nothing more in its transaction; for jobs, which act for every hosted entity. */
export async function findRequestById(trx: Transaction, id: string): Promise<Request | undefined> {
  const { rows } = await runLast(trx, trx.selectFrom("request").selectAll().where("id", "=", id));
  return rows[0] && fromRow(rows[0]);
}

/** What is stored of a request's tracking code, in hex. @throws Error where row-level security hides the request */
export async function getTracking(trx: Transaction, id: string): Promise<string> {
  const row = await trx.selectFrom("request").select("tracking_hmac").where("id", "=", id).executeTakeFirst();
  if (!row) throw new Error(`request ${id} is out of reach`);
  return row.tracking_hmac.toString("hex");
}

/** Many of them, oldest first; for jobs. */
export async function findRequestsById(trx: Transaction, ids: readonly string[]): Promise<Request[]> {
  const rows = await trx
    .selectFrom("request")
    .selectAll()
    .where("id", "in", [...ids])
    .orderBy("id")
    .execute();
  return rows.map(fromRow);
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
