import { type CloudEvent, type EventDefinition, makeEvent } from "@interco/contracts/cloud-event";
import type { QueryExecutorProvider } from "kysely";
import type { Static, TSchema } from "typebox";
import { isEntityId, newId } from "./ids.ts";
import { runStatement, type Statement } from "./statement.ts";

/** Work the job maker hands to the job queue; its key holds the line's event id: the same job whenever it runs. */
export interface OutboxJob {
  task: string;
  payload: unknown;
  /** When it should run; at once if absent. */
  runAt?: Date;
}

/** One line of the outbox: an event for others, jobs for oneself, or both. */
export interface OutboxLine {
  eventId: string;
  /** The entity that writes it (never the one it is for). */
  entity: string;
  aggregate: string;
  version: number;
  /** Absent: jobs only. */
  subject?: string;
  event?: CloudEvent;
  jobs?: readonly OutboxJob[];
}

// Below the server's 1 MiB, headers included: a line too big to publish would stop all behind it.
const MAX_BYTES = 900_000;

/**
 * A line that says an event. `to` is the entity a `SHARED` event is for. Throws when the data isn't what
 * the event's schema says.
 */
export function eventLine<T extends string, Data extends TSchema>(
  definition: EventDefinition<T, Data>,
  options: {
    from: string;
    to?: string;
    aggregate: string;
    /** Its `version` is the aggregate's; 1 where it has none. */
    data: Static<Data> & { version?: number };
    jobs?: readonly OutboxJob[];
  },
): OutboxLine {
  const { from, aggregate, data, jobs } = options;
  const id = newId();
  const event = makeEvent(definition, { id, from, subject: aggregate, time: new Date(), data });
  const line = {
    eventId: id,
    entity: from,
    aggregate,
    version: data.version ?? 1,
    subject: subjectOf(definition, options),
    event,
  };
  return jobs ? { ...line, jobs } : line;
}

/** A line that makes jobs and tells nobody. */
export function jobLine(line: Omit<OutboxLine, "eventId" | "subject" | "event">): OutboxLine {
  return { ...line, eventId: newId() };
}

/**
 * Writes lines in the transaction of the change they tell; nothing leaves unless it commits. The caller
 * has locked the aggregate's row and bumped its version: that is what keeps an aggregate's events in
 * order. Nudge the relay after the commit.
 */
export async function appendOutbox(trx: QueryExecutorProvider, lines: readonly OutboxLine[]): Promise<void> {
  if (lines.length > 0) await runStatement(trx, APPEND, [outboxRows(lines)]);
}

/** The insert of `appendOutbox`, for a statement that writes all of a change (`with … as (…)`); `rows` names the parameter that `outboxRows` fills. */
export const OUTBOX_INSERT = (rows: string) => `insert into outbox
    (event_id, entity, aggregate, version, subject, payload, jobs, published_at, jobs_done_at)
  select event_id, entity, aggregate, version, subject, payload, jobs,
    case when subject is null then now() end, case when jobs = '[]' then now() end
  from jsonb_to_recordset(${rows}::jsonb) as line
    (event_id uuid, entity text, aggregate text, version int, subject text, payload text, jobs jsonb)`;

const APPEND: Statement = { name: "append-outbox", text: OUTBOX_INSERT("$1") };

/** The JSON `OUTBOX_INSERT` reads. Throws when an event is too big to be published. */
export function outboxRows(lines: readonly OutboxLine[]): string {
  return JSON.stringify(lines.map(rowOf));
}

function rowOf({ eventId, entity, aggregate, version, subject, event, jobs = [] }: OutboxLine) {
  const payload = event ? JSON.stringify(event) : "{}";
  const bytes = Buffer.byteLength(payload);
  if (bytes > MAX_BYTES) throw new Error(`an event of ${bytes} bytes can't be published`);
  return { event_id: eventId, entity, aggregate, version, subject: subject ?? null, payload, jobs };
}

/** Every token is checked: a wildcard or a dot in one would reach somebody else, or nobody for ever. */
function subjectOf(
  { stream, kind, verb }: EventDefinition,
  { from, to, aggregate }: { from: string; to?: string; aggregate: string },
): string {
  if (stream === "CATALOGUE") return `catalogue.${kind}.${verb}`;
  if (stream === "ENTITY") return `entity.${entityToken(from)}.${kind}.${verb}`;
  if (!/^[A-Za-z0-9-]+$/.test(aggregate)) throw new Error("a request id can't be part of a subject");
  return `shared.${entityToken(to ?? "")}.${aggregate}.${verb}`;
}

function entityToken(id: string): string {
  if (!isEntityId(id)) throw new Error("an event needs the id of the entity it is for");
  return id;
}
