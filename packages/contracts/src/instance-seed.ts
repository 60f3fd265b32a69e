import { type Static, Type } from "typebox";
import { EntityId } from "./instance-config.ts";

const closed = { additionalProperties: false };

/** How to reach an entity. `hours` are written as they are shown. */
export const EntityContact = Type.Object(
  {
    phone: Type.Union([Type.String(), Type.Null()]),
    email: Type.Union([Type.String(), Type.Null()]),
    address: Type.Union([Type.String(), Type.Null()]),
    postalCode: Type.Union([Type.String(), Type.Null()]),
    city: Type.Union([Type.String(), Type.Null()]),
    hours: Type.Array(Type.Object({ days: Type.String(), times: Type.String() }, closed)),
  },
  closed,
);
export type EntityContact = Static<typeof EntityContact>;

/** The first words of a portal; the entity rewrites them, and no later seed puts them back. */
export const StartingContent = Type.Object(
  {
    tagline: Type.String(),
    news: Type.Array(
      Type.Object(
        {
          date: Type.String({ pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
          title: Type.String(),
          summary: Type.String(),
        },
        closed,
      ),
    ),
    alert: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  },
  closed,
);
export type StartingContent = Static<typeof StartingContent>;

/** One body of the territory: the agglomeration, a commune (with or without a site here) or a partner. */
export const TerritoryEntity = Type.Object(
  {
    id: EntityId,
    code: Type.String(),
    kind: Type.Union([Type.Literal("agglomeration"), Type.Literal("commune"), Type.Literal("partner")]),
    name: Type.String({ description: "Woippy" }),
    fullName: Type.String({ description: "Mairie de Woippy" }),
    shortName: Type.Optional(Type.String({ description: "Métropole; the name where there is none" })),
    liaison: Type.String({
      description: "the name with its preposition: de Woippy, d'Augny, du Ban-Saint-Martin",
    }),
    shortCode: Type.String({ pattern: "^[A-Z0-9]{2,5}$", description: "permanent; starts request numbers" }),
    siteUrl: Type.Union([Type.String(), Type.Null()], {
      description: "origin with a slash; null: no site here",
    }),
    postalCodes: Type.Array(Type.String()),
    theme: Type.Object(
      {
        brand: Type.String({ pattern: "^#[0-9a-f]{6}$" }),
        logoSvg: Type.Union([Type.String({ maxLength: 65536 }), Type.Null()]),
      },
      closed,
    ),
    contact: EntityContact,
    mailSender: Type.Optional(Type.String({ description: "address this entity's mails come from" })),
    content: Type.Optional(StartingContent),
  },
  closed,
);
export type TerritoryEntity = Static<typeof TerritoryEntity>;

/** A team of one entity; `code` is what dispatch tables name. */
export const SeedTeam = Type.Object(
  {
    entity: EntityId,
    code: Type.String(),
    name: Type.String(),
    email: Type.Union([Type.String(), Type.Null()]),
  },
  closed,
);
export type SeedTeam = Static<typeof SeedTeam>;

/**
 * An agent of one hosted entity. `authorised` asks the instance to tell the agglomeration (event
 * `entity.<id>.authorisation.granted`) that this agent may act for the entity on shared requests.
 */
export const SeedAgent = Type.Object(
  {
    entity: EntityId,
    agentId: Type.String({
      description: "the territory-wide agent_id the IdP gave this professional account",
    }),
    email: Type.String(),
    givenName: Type.String(),
    familyName: Type.String(),
    role: Type.Union([Type.Literal("agent"), Type.Literal("admin"), Type.Literal("ops")]),
    teams: Type.Array(Type.String()),
    authorised: Type.Boolean(),
  },
  closed,
);
export type SeedAgent = Static<typeof SeedAgent>;

/**
 * What `server.ts seed` reads on stdin: how a hosted entity starts. It converges: what exists and was
 * edited stays as it is; the answer is `{"changed": N}`, 0 the second time.
 * Procedures and dispatch tables are checked by their own schemas, on the instance that takes them.
 */
export const InstanceSeed = Type.Object(
  {
    territory: Type.Array(TerritoryEntity),
    hosted: Type.Array(EntityId),
    procedures: Type.Array(Type.Object({ entity: EntityId, definition: Type.Unknown() }, closed)),
    dispatchTables: Type.Array(Type.Unknown()),
    teams: Type.Array(SeedTeam),
    agents: Type.Array(SeedAgent),
  },
  { ...closed, $id: "https://interco.example/schemas/instance-seed" },
);
export type InstanceSeed = Static<typeof InstanceSeed>;
