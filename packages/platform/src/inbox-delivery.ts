import type { CloudEvent, EventStream } from "@interco/contracts/cloud-event";
import type { JsMsg } from "@nats-io/jetstream";
import { newId } from "./ids.ts";
import { aggregateOf, speaksForItself } from "./inbox-speaker.ts";
import type { Delivery } from "./inbox-transaction.ts";

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
  const raw = rawOf(message);
  const head = headOf(raw, message);
  const event = { ...head, subject: aggregateOf(stream, message.subject, head.subject) };
  const delivery: Delivery = { entity, subject: message.subject, event, raw };
  if (!speaksForItself(stream, message.subject, raw)) return { kind: "forged", message, delivery };
  try {
    return { kind: "event", message, delivery, event: read(raw) };
  } catch (failure) {
    return { kind: "unreadable", message, delivery, failure };
  }
}

function rawOf(message: JsMsg): unknown {
  try {
    return message.json();
  } catch {
    return message.string();
  }
}

/** What can be told of an event, even unreadable: enough to park it. */
function headOf(raw: unknown, message: JsMsg): Delivery["event"] {
  const { id, subject, type } = (typeof raw === "object" && raw ? raw : {}) as Record<string, unknown>;
  const uuid = [id, message.headers?.get("Nats-Msg-Id")].find(isUuid);
  return {
    id: uuid ?? newId(),
    subject: typeof subject === "string" && subject ? subject : message.subject,
    type: typeof type === "string" ? type : "",
  };
}

function isUuid(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
}
