import { sql } from "kysely";
import type { Transaction } from "../database.ts";
import type { StoredFile } from "../requests/file.ts";
import { listRequestFiles } from "../requests/file-repository.ts";
import type { Request, TimelineEntry } from "../requests/request.ts";
import { findRequest } from "../requests/request-repository.ts";
import { listTimeline } from "../requests/timeline-repository.ts";
import type { ListedRequest } from "./listed-request.ts";

/** A request as its page shows it to who may process it: all of it. */
export interface OpenedRequest {
  request: Request;
  timeline: TimelineEntry[];
  files: StoredFile[];
  neighbours: Neighbour[];
}

/** Another request of the same kind, a short while ago. */
export interface Neighbour {
  number: string;
  title: { fr: string; en: string };
  placeLabel: string;
  receivedAt: Date;
  statusLabel: { fr: string; en: string };
}

/** Reads all of a request; undefined where row-level security hides it from the entity. */
export async function findOpened(
  trx: Transaction,
  entity: string,
  row: ListedRequest,
): Promise<OpenedRequest | undefined> {
  const request = await findRequest(trx, row.number);
  if (!request) return undefined;
  return {
    request,
    timeline: await listTimeline(trx, request.id),
    files: await listRequestFiles(trx, request.id),
    neighbours: row.typeCode && row.placeLabel ? await listNeighbours(trx, entity, row) : [],
  };
}

/** How many of the entity's latest requests are looked through for neighbours. */
const LOOKED_THROUGH = 1_000;

/** Requests of the same type whose place has the same street and commune, among the entity's latest. */
async function listNeighbours(trx: Transaction, entity: string, row: ListedRequest): Promise<Neighbour[]> {
  const street = streetOf(row.placeLabel ?? "");
  if (street.length < 4) return [];
  const { rows } = await sql<{
    number: string;
    title: Neighbour["title"];
    place_label: string;
    received_at: Date;
    status_label: Neighbour["statusLabel"];
  }>`
    select number, title, place_label, received_at, status_label from (
      select request_id, relation, number, title, type_code, place_label, received_at, status_label from request_entity
      where entity = ${entity} order by received_at desc, request_id desc limit ${LOOKED_THROUGH}) latest
    where type_code = ${row.typeCode} and request_id <> ${row.id} and relation <> 'gone' and place_label is not null
      and strpos(lower(place_label), ${street}) > 0
    order by received_at desc limit 3`.execute(trx);
  return rows.map((one) => ({
    number: one.number,
    title: one.title,
    placeLabel: one.place_label,
    receivedAt: one.received_at,
    statusLabel: one.status_label,
  }));
}

/** "12 bis rue du Fort, Woippy" → "rue du fort, woippy". */
export function streetOf(placeLabel: string): string {
  return placeLabel.toLowerCase().replace(/^\s*\d+\s*(?:bis|ter|[a-d])?[\s,]+/, "");
}
