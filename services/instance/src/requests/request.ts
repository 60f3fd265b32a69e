import type { Answers, Bilingual, Place, StatusKind } from "@interco/contracts/procedure";
import type { DispatchTrace } from "../dispatch/dispatcher.ts";

/** How to reach who asked. Every part is optional: a report may be anonymous. */
export interface Contact {
  name?: string;
  email?: string;
  phone?: string;
}

export type Source = "web" | "counter" | "phone" | "api";

/** One submission of a procedure, as its owner's instance keeps it. */
export interface Request {
  id: string;
  /** Owner: never changes. */
  entity: string;
  number: string;
  procedureSlug: string;
  procedureVersion: number;
  typeCode: string | null;
  title: Bilingual;
  status: string;
  statusKind: StatusKind;
  /** Grows by one with each change others may see. */
  version: number;
  answers: Answers;
  place: Place | null;
  /** Entity ids of the communes of the place. */
  communes: string[];
  contact: Contact | null;
  citizenSub: string | null;
  source: Source;
  filedBy: string | null;
  lang: "fr" | "en";
  /** Entity id of who must process it; null in triage. */
  inCharge: string | null;
  team: string | null;
  assignee: string | null;
  assigneeName: string | null;
  deadline: Date | null;
  deadlineDays: number | null;
  receivedAt: Date;
  competentReceivedAt: Date | null;
  acknowledgedAt: Date | null;
  plannedFor: string | null;
  closedAt: Date | null;
  closingReason: string | null;
  updatedAt: Date;
}

export type Relation = "in_charge" | "triage" | "place" | "gone";

export type Visibility = "status" | "citizen" | "shared" | "internal";

/** One line of a request's timeline. */
export interface TimelineEntry {
  id: string;
  kind: TimelineKind;
  at: Date;
  authorEntity: string | null;
  authorAgent: string | null;
  authorName: string | null;
  visibility: Visibility;
  body: string | null;
  details: TimelineDetails;
}

export type TimelineKind =
  | "registered"
  | "dispatched"
  | "triage"
  | "taken"
  | "status"
  | "note"
  | "message"
  | "citizen-message"
  | "transferred"
  | "place-corrected"
  | "acknowledged"
  | "partner-told";

/** What a kind of entry says besides its words. */
export interface TimelineDetails extends DispatchTrace {
  status?: string;
  statusLabel?: Bilingual;
  plannedFor?: string;
  to?: { entity: string; name: string };
  from?: { entity: string; name: string };
  /** What its author said of a closed request. */
  settled?: boolean;
  /** Where it was said to be, and where it is: for agents, in entries that citizens don't read. */
  place?: { from: Place | null; to: Place };
  /** What left for a partner by mail: by which job, to which address, with how many photos, and how many it couldn't hold. */
  sent?: { letter: string; address: string; photos: number; left: number };
  /** The team it moved to, within one entity. */
  team?: string | null;
}
