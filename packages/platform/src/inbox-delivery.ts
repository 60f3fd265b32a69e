import type { CloudEvent, EventStream } from "@interco/contracts/cloud-event";
import type { JsMsg } from "@nats-io/jetstream";
import { v5 } from "uuid";
import { aggregateOf, speaksForItself } from "./inbox-speaker.ts";
import { storable } from "./storable-text.ts";

/** An event as it came, with what its envelope says of it. */
export interface Delivery {
  entity: string;
  /** NATS subject it came by. */
  subject: string;
  event: Pick<CloudEvent, "id" | "subject" | "type">;
  /** The message as it came, at whatever version: what a replay reads again. */
  text: string;
}

/** A message as the inbox meets it: an event, something it can't read, or one that speaks in another's name. */
export type Received<E> = { message: JsMsg; delivery: Delivery } & (
  | { kind: "event"; event: E }
  | { kind: "unreadable"; failure: unknown }
  | { kind: "forged" }
);

/** Reads a message, whatever is in it. */
export function readDelivery<E extends CloudEvent>(
  { entity, stream, read }: { entity: string; stream: EventStream; read: (json: unknown) => E },
  message: JsMsg,
): Received<E> {
  const text = message.string();
  const raw = parsed(text);
  const head = headOf(raw, message);
  const aggregate = aggregateOf(stream, message.subject, head.subject);
  const delivery: Delivery = {
    entity,
    subject: storable(message.subject),
    event: { ...head, subject: storable(aggregate) },
    text,
  };
  if (!speaksForItself(stream, message.subject, raw)) return { kind: "forged", message, delivery };
  try {
    return { kind: "event", message, delivery, event: read(raw) };
  } catch (failure) {
    return { kind: "unreadable", message, delivery, failure };
  }
}

/** What a message says; what isn't JSON says its own text. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What can be told of an event, even unreadable: enough to park it. */
function headOf(raw: unknown, message: JsMsg): Delivery["event"] {
  const { id, subject, type } = (typeof raw === "object" && raw ? raw : {}) as Record<string, unknown>;
  const uuid = [id, message.headers?.get("Nats-Msg-Id")].find(isUuid);
  return {
    id: uuid ?? idOfPlace(message),
    subject: typeof subject === "string" && subject ? subject : message.subject,
    type: typeof type === "string" ? type : "",
  };
}

/** An event without a name is the one at its place in the stream: delivered again, it is the same. */
function idOfPlace({ info }: JsMsg): string {
  return v5(`${info.stream} ${info.streamSequence} ${info.timestampNanos}`, v5.URL);
}

function isUuid(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
}
