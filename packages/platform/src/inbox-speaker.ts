import type { EventStream } from "@interco/contracts/cloud-event";
import { entityUrn } from "@interco/contracts/entity-urn";

/**
 * Whether an event speaks in the name of the entity whose subject it came by. What the broker guards is the subject
 * `entity.<id>.…`; `source` is text an instance writes, and could name its neighbour: it would authorise its own agents
 * to read the neighbour's requests. What the agglomeration says (`SHARED`, `CATALOGUE`) only its account can publish.
 */
export function speaksForItself(stream: EventStream, subject: string, raw: unknown): boolean {
  if (stream !== "ENTITY") return true;
  const { source } = (typeof raw === "object" && raw ? raw : {}) as { source?: unknown };
  return source === entityUrn(speakerOf(subject));
}

/**
 * The aggregate whose events wait for each other: of `ENTITY` it is the speaker's own, since two entities may have a team of
 * the same code, and what one of them says wrong must not hold up the other.
 */
export function aggregateOf(stream: EventStream, subject: string, aggregate: string): string {
  return stream === "ENTITY" ? `${speakerOf(subject)}/${aggregate}` : aggregate;
}

/** The entity whose account a subject belongs to; empty for what the agglomeration says. */
export function speakerOf(subject: string): string {
  const [first, entity = ""] = subject.split(".");
  return first === "entity" ? entity : "";
}

/** The stream a subject is kept in; undefined for none of ours. */
export function streamOf(subject: string): EventStream | undefined {
  const [first = ""] = subject.split(".");
  return { shared: "SHARED", catalogue: "CATALOGUE", entity: "ENTITY" }[first] as EventStream | undefined;
}
