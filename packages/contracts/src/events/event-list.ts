import { type EventDefinition, type EventOf, eventReader } from "../cloud-event.ts";
import { authorisationGranted } from "./authorisation-granted.ts";
import { authorisationWithdrawn } from "./authorisation-withdrawn.ts";
import { procedurePublished } from "./procedure-published.ts";
import { profileChanged } from "./profile-changed.ts";
import { projectionDigest } from "./projection-digest.ts";
import { requestChanged } from "./request-changed.ts";
import { requestDispatched } from "./request-dispatched.ts";
import { requestErased } from "./request-erased.ts";
import { requestReconciled } from "./request-reconciled.ts";
import { requestRegistered } from "./request-registered.ts";
import { requestSnapshot } from "./request-snapshot.ts";
import { requestWithdrawn } from "./request-withdrawn.ts";
import { teamChanged } from "./team-changed.ts";
import { territoryChanged } from "./territory-changed.ts";
import { typePublished } from "./type-published.ts";

/** agglomeration → the entity named. */
export const SHARED_EVENTS = [
  requestRegistered,
  requestDispatched,
  requestChanged,
  requestWithdrawn,
  requestSnapshot,
  requestReconciled,
  requestErased,
] as const;

/** agglomeration → all. */
export const CATALOGUE_EVENTS = [procedurePublished, territoryChanged, typePublished] as const;

/** an entity → agglomeration. */
export const ENTITY_EVENTS = [
  profileChanged,
  teamChanged,
  authorisationGranted,
  authorisationWithdrawn,
  projectionDigest,
] as const;

export const ALL_EVENTS: readonly EventDefinition[] = [
  ...SHARED_EVENTS,
  ...CATALOGUE_EVENTS,
  ...ENTITY_EVENTS,
];

export type SharedEvent = EventOf<(typeof SHARED_EVENTS)[number]>;
export type CatalogueEvent = EventOf<(typeof CATALOGUE_EVENTS)[number]>;
export type EntityEvent = EventOf<(typeof ENTITY_EVENTS)[number]>;
export type InterEvent = SharedEvent | CatalogueEvent | EntityEvent;

/** Reads what a stream carries, at any version ever published. Throws `UnreadableEvent`. */
export const readShared = eventReader(SHARED_EVENTS);
export const readCatalogue = eventReader(CATALOGUE_EVENTS);
export const readEntity = eventReader(ENTITY_EVENTS);
