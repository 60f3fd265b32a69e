import { type Static, Type } from "typebox";

const closed = { additionalProperties: false };
const optional = Type.Optional;
const oneOf = Type.Enum;

/** A text in the two languages every screen speaks. Neither is optional. */
export const Bilingual = Type.Object(
  { fr: Type.String({ minLength: 1, maxLength: 4000 }), en: Type.String({ minLength: 1, maxLength: 4000 }) },
  closed,
);
export type Bilingual = Static<typeof Bilingual>;
export type Language = "fr" | "en";

/** A code shown to nobody: statuses, types, options, teams. Stable for ever once published. */
export const Code = Type.String({ pattern: "^[a-z0-9]+(-[a-z0-9]+)*$", maxLength: 60 });

/** A FEEL expression (DMN 1.3, chapter 10) over the answers, by field key: `kind = "other"`. */
const Condition = Type.String({ minLength: 1, maxLength: 500 });

const FieldKey = Type.String({
  pattern: "^[a-z][a-zA-Z0-9]*$",
  maxLength: 40,
  description: "also the name FEEL conditions use, hence no dash",
});

export const FieldOption = Type.Object({ value: Code, label: Bilingual, hint: optional(Bilingual) }, closed);
export type FieldOption = Static<typeof FieldOption>;

export const FieldKind = oneOf([
  "text",
  "textarea",
  "email",
  "phone",
  "choice",
  "choices",
  "date",
  "number",
  "place",
  "type",
  "photos",
  "checkbox",
]);
export type FieldKind = Static<typeof FieldKind>;

/**
 * One question. What a kind ignores is harmless: `minLength` on a date does nothing.
 * Posted names are the key, and for a place `<key>.precision`, `.commune`, `.otherCommune`, `.address`,
 * `.detail`; for a date typed in three boxes `<key>.day`, `.month`, `.year`.
 */
export const Field = Type.Object(
  {
    key: FieldKey,
    kind: FieldKind,
    label: Bilingual,
    hint: optional(Bilingual),
    example: optional(Bilingual),
    required: optional(Type.Boolean({ default: false })),
    condition: optional(Condition),
    options: optional(Type.Array(FieldOption, { minItems: 2, maxItems: 60 })),
    minLength: optional(Type.Integer({ minimum: 0 })),
    maxLength: optional(Type.Integer({ minimum: 1, maximum: 10000 })),
    pattern: optional(Type.String({ maxLength: 300, description: "a whole-value regular expression" })),
    minimum: optional(Type.Number()),
    maximum: optional(Type.Number()),
    integer: optional(Type.Boolean()),
    unit: optional(Bilingual),
    earliest: optional(Type.Integer({ description: "days from today, −30 for a month ago" })),
    latest: optional(Type.Integer({ description: "days from today" })),
    maxFiles: optional(Type.Integer({ minimum: 1, maximum: 10 })),
    autocomplete: optional(Type.String({ description: "an HTML autofill token: email, tel, name…" })),
    messages: optional(
      Type.Object(
        {
          required: optional(Bilingual),
          invalid: optional(Bilingual),
          tooShort: optional(Bilingual),
        },
        { ...closed, description: "how to mend, where the usual sentence says too little" },
      ),
    ),
  },
  closed,
);
export type Field = Static<typeof Field>;

export const Step = Type.Object(
  {
    key: Code,
    title: Bilingual,
    intro: optional(Bilingual),
    condition: optional(Condition),
    fields: Type.Array(Field, { minItems: 1, maxItems: 30 }),
  },
  closed,
);
export type Step = Static<typeof Step>;

/** A kind of report. `danger` is shown as soon as it is chosen; `byPerson`: no table may decide it. */
export const ReportType = Type.Object(
  {
    code: Code,
    label: Bilingual,
    hint: optional(Bilingual),
    danger: optional(Bilingual),
    byPerson: optional(Type.Boolean()),
  },
  closed,
);
export type ReportType = Static<typeof ReportType>;

export const ReportTypeGroup = Type.Object(
  { code: Code, label: Bilingual, icon: optional(Code), types: Type.Array(ReportType, { minItems: 1 }) },
  closed,
);
export type ReportTypeGroup = Static<typeof ReportTypeGroup>;

export const StatusKind = oneOf(["open", "waiting", "closed"]);
export type StatusKind = Static<typeof StatusKind>;

/** `waiting` stops the clock: the citizen has something to send. `citizenText` is what they read. */
export const Status = Type.Object(
  { code: Code, label: Bilingual, kind: StatusKind, citizenText: Bilingual },
  closed,
);
export type Status = Static<typeof Status>;

export const Actor = oneOf(["agent", "citizen", "system"]);
export type Actor = Static<typeof Actor>;

export const WorkflowAction = Type.Object(
  {
    code: Code,
    label: Bilingual,
    from: Type.Array(Code, { minItems: 1 }),
    to: Code,
    by: optional(Type.Array(Actor, { minItems: 1, description: "agents, where not said" })),
    tone: optional(oneOf(["primary", "plain", "danger"])),
    needsReason: optional(Type.Boolean()),
    needsDate: optional(Type.Boolean({ description: "planned visit, or last day to send documents" })),
    notifyCitizen: optional(Type.Boolean()),
    condition: optional(Condition),
  },
  closed,
);
export type WorkflowAction = Static<typeof WorkflowAction>;

export const Workflow = Type.Object(
  {
    initial: Code,
    statuses: Type.Array(Status, { minItems: 2, maxItems: 30 }),
    actions: Type.Array(WorkflowAction, { minItems: 1, maxItems: 60 }),
  },
  closed,
);
export type Workflow = Static<typeof Workflow>;

/**
 * What silence means. `report`: no decision is called for, only the service deadline is promised.
 * `decision`: silence after `months` accepts (CRPA L231-1) or refuses (L231-4, L231-5); `basis` names the
 * text, `appeal` the ways and delays of appeal the ARE must show when silence refuses (R112-11-1).
 */
export const Decision = Type.Union([
  Type.Object({ kind: Type.Literal("report") }, closed),
  Type.Object(
    {
      kind: Type.Literal("decision"),
      silence: oneOf(["acceptance", "refusal"]),
      months: Type.Integer({ minimum: 1, maximum: 24 }),
      basis: Bilingual,
      appeal: optional(Bilingual),
    },
    closed,
  ),
]);
export type Decision = Static<typeof Decision>;

export const ProcedureKind = oneOf(["local", "intercommunal", "shared"]);
export type ProcedureKind = Static<typeof ProcedureKind>;

export const ProcedureCategory = oneOf([
  "public-space",
  "waste",
  "family",
  "civil-status",
  "roads",
  "housing",
  "leisure",
  "associations",
  "other",
]);
export type ProcedureCategory = Static<typeof ProcedureCategory>;

/** A procedure as data: its form, its checks, its workflow and its delays come from here alone. */
export const ProcedureDefinition = Type.Object(
  {
    slug: Code,
    kind: ProcedureKind,
    category: ProcedureCategory,
    icon: Code,
    title: Bilingual,
    summary: Bilingual,
    description: optional(Type.Array(Bilingual, { maxItems: 10, description: "paragraphs" })),
    prepare: Type.Array(Bilingual, { maxItems: 12, description: "what to have ready" }),
    keywords: optional(Type.Object({ fr: Type.Array(Type.String()), en: Type.Array(Type.String()) }, closed)),
    /** Shown above the form. */
    warning: optional(Bilingual),
    usualDays: Type.Integer({ minimum: 0, maximum: 365, description: "calendar days, as told to citizens" }),
    audience: oneOf(["anyone", "signed-in"]),
    team: optional(
      Type.String({
        pattern: "^[a-z0-9]+(-[a-z0-9]+)*$",
        maxLength: 60,
        description: "team of the owner that processes it, where dispatch names none",
      }),
    ),
    retentionMonths: Type.Integer({ minimum: 1, maximum: 600, description: "after closing" }),
    serviceDays: Type.Integer({
      minimum: 1,
      maximum: 250,
      description: "working days, where dispatch says none",
    }),
    decision: Decision,
    types: optional(Type.Array(ReportTypeGroup, { minItems: 1, maxItems: 30 })),
    steps: Type.Array(Step, { minItems: 1, maxItems: 12 }),
    workflow: Workflow,
    requestTitle: Type.Object(
      { fr: Type.String(), en: Type.String() },
      { ...closed, description: "{key} is replaced by the answer in words: {type} – {place}" },
    ),
  },
  { ...closed, $id: "https://interco.example/schemas/procedure" },
);
export type ProcedureDefinition = Static<typeof ProcedureDefinition>;

/**
 * A file of `deploy/demo/procedures`: whose procedure it is. `new-commune` is what a commune without a file of
 * its own starts with.
 */
export const ProcedureSeed = Type.Object(
  {
    for: Type.Union([
      Type.Literal("agglomeration"),
      Type.Literal("new-commune"),
      Type.String({ pattern: "^[0-9][0-9AB][0-9]{3}$", description: "INSEE code" }),
    ]),
    definition: ProcedureDefinition,
  },
  closed,
);
export type ProcedureSeed = Static<typeof ProcedureSeed>;

/** Where a report takes place. `communes` are INSEE codes: two on a border street, none where unknown. */
export const Place = Type.Object(
  {
    precision: oneOf(["address", "known-place", "border", "unknown"]),
    communes: Type.Array(Type.String({ pattern: "^[0-9][0-9AB][0-9]{3}$" }), { maxItems: 2 }),
    address: Type.String({ minLength: 2, maxLength: 200 }),
    detail: Type.Union([Type.String({ maxLength: 300 }), Type.Null()]),
  },
  closed,
);
export type Place = Static<typeof Place>;

export type Answer = string | string[] | number | boolean | Place;
/** Answers by field key. A question left empty or hidden by its condition has no key. */
export type Answers = Record<string, Answer>;
