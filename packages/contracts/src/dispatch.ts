import { type Static, Type } from "typebox";
import { Bilingual, Code } from "./procedure.ts";

const closed = { additionalProperties: false };
const optional = Type.Optional;
const InseeCode = Type.String({ pattern: "^[0-9][0-9AB][0-9]{3}$" });

/** Who keeps a street up: the commune, the agglomeration, a partner by its code, or nobody public. */
export const Manager = Type.Union([
  Type.Literal("commune"),
  Type.Literal("agglomeration"),
  Type.Literal("private"),
  Type.Literal("unknown"),
  Type.String({ pattern: "^partner:[a-z0-9-]+$" }),
]);
export type Manager = Static<typeof Manager>;

/**
 * A cell: a literal, several of them (any), or FEEL unary tests (DMN 1.3 §7.3.7) over the value `?` and the
 * other facts by name. Prefer literals: they are indexed, while a FEEL cell costs some 35 µs each time.
 */
export const Cell = Type.Union([
  Type.String({ minLength: 1 }),
  Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
  Type.Object({ feel: Type.String({ minLength: 1, maxLength: 500 }) }, closed),
]);
export type Cell = Static<typeof Cell>;

/**
 * Who is in charge: the commune of the place, the agglomeration, whoever manages the street, a named commune,
 * a partner by its code, or nobody before a person has looked.
 */
export const DispatchTarget = Type.Union([
  Type.Literal("commune"),
  Type.Literal("agglomeration"),
  Type.Literal("manager"),
  Type.Literal("triage"),
  Type.String({ pattern: "^(entity:[0-9A-Z]{5,9}|partner:[a-z0-9-]+)$" }),
]);
export type DispatchTarget = Static<typeof DispatchTarget>;

/** An absent cell accepts anything. `reason` is shown to agents: one line, why it is theirs. */
export const DispatchRow = Type.Object(
  {
    id: Code,
    type: optional(Cell),
    commune: optional(Cell),
    manager: optional(Cell),
    to: DispatchTarget,
    team: optional(Code),
    deadlineDays: optional(Type.Integer({ minimum: 1, maximum: 250, description: "working days" })),
    reason: Bilingual,
  },
  closed,
);
export type DispatchRow = Static<typeof DispatchRow>;

/**
 * A reference table. Hit policy "first": the first row whose cells all accept decides. Competence comes before
 * the street manager: a row that names no type may only follow every row that does.
 */
export const DispatchTable = Type.Object(
  {
    code: Code,
    version: Type.Integer({ minimum: 1 }),
    procedure: Code,
    title: Bilingual,
    hitPolicy: Type.Literal("first"),
    rows: Type.Array(DispatchRow, { minItems: 1, maxItems: 5000 }),
  },
  { ...closed, $id: "https://interco.example/schemas/dispatch-table" },
);
export type DispatchTable = Static<typeof DispatchTable>;

/** One street whose manager is known. Two communes: its axis is a border, a person decides. */
export const ManagedStreet = Type.Object(
  {
    communes: Type.Array(InseeCode, { minItems: 1, maxItems: 4 }),
    street: Type.String({ minLength: 2, maxLength: 120, description: "without number: Route de Thionville" }),
    aliases: optional(Type.Array(Type.String({ minLength: 2 }))),
    manager: Manager,
  },
  closed,
);
export type ManagedStreet = Static<typeof ManagedStreet>;

export const StreetTable = Type.Object(
  {
    code: Code,
    version: Type.Integer({ minimum: 1 }),
    streets: Type.Array(ManagedStreet, { maxItems: 50000 }),
  },
  { ...closed, $id: "https://interco.example/schemas/street-table" },
);
export type StreetTable = Static<typeof StreetTable>;

const IsoDay = Type.String({ pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" });

/**
 * Somebody, or a team, who looks at what no table decided. Absent `types` or `communes` means all of them.
 * `presence` are ISO weekdays (1 Monday … 7 Sunday); `standIn` is another recipient's id.
 */
export const FirstRecipient = Type.Object(
  {
    id: Code,
    team: optional(Code),
    agentEmail: optional(Type.String({ maxLength: 254 })),
    types: optional(Type.Array(Code, { minItems: 1 })),
    communes: optional(Type.Array(InseeCode, { minItems: 1 })),
    presence: optional(Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), { minItems: 1 })),
    absences: optional(Type.Array(Type.Object({ from: IsoDay, to: IsoDay }, closed))),
    standIn: optional(Code),
  },
  closed,
);
export type FirstRecipient = Static<typeof FirstRecipient>;

/** Who looks at the queue "à orienter" of one procedure, and how long they have (working days). */
export const TriageRoster = Type.Object(
  {
    code: Code,
    version: Type.Integer({ minimum: 1 }),
    procedure: Code,
    deadlineDays: Type.Integer({ minimum: 1, maximum: 60 }),
    recipients: Type.Array(FirstRecipient, { minItems: 1 }),
  },
  { ...closed, $id: "https://interco.example/schemas/triage-roster" },
);
export type TriageRoster = Static<typeof TriageRoster>;

/** A file of `deploy/demo/dispatch`: one of the three, told apart by its key. */
export const DispatchSeed = Type.Union([
  Type.Object({ table: DispatchTable }, closed),
  Type.Object({ streets: StreetTable }, closed),
  Type.Object({ roster: TriageRoster }, closed),
]);
export type DispatchSeed = Static<typeof DispatchSeed>;

/** What is known of a request when it must find who is in charge. Codes, never ids. */
export interface DispatchFacts {
  type: string | null;
  /** INSEE codes of the place: one normally, several on a border street, none where unknown. */
  communes: readonly string[];
  precision?: "address" | "known-place" | "border" | "unknown";
  manager?: string | null;
}

/**
 * `entity`: `entity` is the code of a public body of the territory (perhaps a commune without a site: the caller
 * knows). `partner`: `partner` is its code. `triage`: a person decides. `reason` says why, in one line.
 */
export interface DispatchDecision {
  outcome: "entity" | "partner" | "triage";
  entity: string | null;
  partner: string | null;
  team: string | null;
  deadlineDays: number | null;
  table: string;
  tableVersion: number;
  rowId: string | null;
  reason: Bilingual;
}
