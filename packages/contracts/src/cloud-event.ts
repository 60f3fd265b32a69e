import { type Static, type TSchema, Type } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { ENTITY_URN, entityOfUrn, entityUrn } from "./entity-urn.ts";

/** CloudEvents 1.0 in JSON (structured mode), with every attribute we use required. */
export interface CloudEvent<T extends string = string, Data = unknown> {
  specversion: "1.0";
  /** UUIDv7; also the message id NATS deduplicates by and the inbox remembers. */
  id: string;
  /** The entity that speaks, as `entityUrn` writes it. */
  source: string;
  /** `fr.interco.<kind>.<verb>.v<version of the data's shape>`. */
  type: T;
  /** The aggregate it is about: a request's id, a procedure's slug, a team's id. */
  subject: string;
  /** RFC 3339. */
  time: string;
  datacontenttype: "application/json";
  data: Data;
}

export type EventStream = "SHARED" | "CATALOGUE" | "ENTITY";

/** One kind of event at its present version. */
export interface EventDefinition<T extends string = string, Data extends TSchema = TSchema> {
  stream: EventStream;
  /** Middle of the type and, for `CATALOGUE` and `ENTITY`, part of the subject: `team`. */
  kind: string;
  verb: string;
  type: T;
  data: Data;
  /** Older shapes that may still be in a stream, with the way to today's. */
  past: readonly PastVersion[];
}

export interface PastVersion {
  version: number;
  data: TSchema;
  /** Makes today's data of it; the result is checked against today's schema. */
  upgrade: (data: unknown) => unknown;
}

/** The event a definition describes, as code that applies it sees it. */
export type EventOf<D> = D extends EventDefinition<infer T, infer Data> ? CloudEvent<T, Static<Data>> : never;

/** An event this program can't read: broken, or of a version it doesn't know (yet). */
export class UnreadableEvent extends Error {
  override name = "UnreadableEvent";
}

/**
 * Declares an event. Any change of shape is a new `version`, the old one going to `past`; readers are
 * deployed before writers.
 */
export function defineEvent<K extends string, V extends string, N extends number, Data extends TSchema>(
  stream: EventStream,
  definition: { kind: K; verb: V; version: N; data: Data; past?: readonly PastVersion[] },
): EventDefinition<`fr.interco.${K}.${V}.v${N}`, Data> {
  const { kind, verb, version, data, past = [] } = definition;
  return { stream, kind, verb, type: `fr.interco.${kind}.${verb}.v${version}`, data, past };
}

/** Wraps data in its envelope. Throws when the data isn't what the event's schema says: a bug of the writer. */
export function makeEvent<T extends string, Data extends TSchema>(
  definition: EventDefinition<T, Data>,
  {
    id,
    from,
    subject,
    time,
    data,
  }: { id: string; from: string; subject: string; time: Date; data: Static<Data> },
): CloudEvent<T, Static<Data>> {
  check(definition.data, data, definition.type);
  return {
    specversion: "1.0",
    id,
    source: entityUrn(from),
    type: definition.type,
    subject,
    time: time.toISOString(),
    datacontenttype: "application/json",
    data,
  };
}

/** The id of the entity an event comes from, in its `source`. */
export function senderOf({ source }: CloudEvent): string {
  const id = entityOfUrn(source);
  if (id === undefined) throw new UnreadableEvent("source is no entity");
  return id;
}

/**
 * A reader of these events, every past version included: what it returns is always at today's version.
 * Throws `UnreadableEvent`.
 */
export function eventReader<D extends EventDefinition>(
  definitions: readonly D[],
): (json: unknown) => EventOf<D> {
  const readers = new Map(definitions.flatMap(readersOf));
  return (json) => {
    check(Envelope, json, "CloudEvents envelope");
    const event = json as CloudEvent;
    const read = readers.get(event.type);
    if (!read) throw new UnreadableEvent(`unknown event type ${event.type}`);
    return read(event) as EventOf<D>;
  };
}

function readersOf(definition: EventDefinition): [string, (event: CloudEvent) => CloudEvent][] {
  const today = (event: CloudEvent, data: unknown): CloudEvent => {
    check(definition.data, data, definition.type);
    return { ...event, type: definition.type, data };
  };
  const base = definition.type.slice(0, definition.type.lastIndexOf(".v"));
  return [
    [definition.type, (event) => today(event, event.data)],
    ...definition.past.map(({ version, data, upgrade }): [string, (event: CloudEvent) => CloudEvent] => [
      `${base}.v${version}`,
      (event) => {
        check(data, event.data, event.type);
        return today(event, upgrade(event.data));
      },
    ]),
  ];
}

const Envelope = Type.Object(
  {
    specversion: Type.Literal("1.0"),
    id: Type.String({ format: "uuid" }),
    source: Type.String({ pattern: ENTITY_URN }),
    type: Type.String(),
    subject: Type.String({ minLength: 1 }),
    time: Type.String({ format: "date-time" }),
    datacontenttype: Type.Literal("application/json"),
    data: Type.Unknown(),
  },
  { additionalProperties: false },
);

// Compiled at first use: a process reads a few kinds only.
const validators = new WeakMap<TSchema, Validator>();

function check(schema: TSchema, value: unknown, what: string): void {
  let validator = validators.get(schema);
  if (!validator) {
    validator = Compile(schema);
    validators.set(schema, validator);
  }
  if (validator.Check(value)) return;
  // The value itself stays out of the message: messages are logged.
  const [first] = validator.Errors(value);
  throw new UnreadableEvent(`${what}: ${first ? `${first.instancePath} ${first.message}` : "malformed"}`);
}
