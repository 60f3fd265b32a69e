import { type Static, Type } from "typebox";
import { upstreamParts } from "./upstream-config.ts";

const closed = { additionalProperties: false };
const optional = Type.Optional;

/** SIREN of an agglomeration (9 digits) or INSEE code of a commune (Corsica's have a letter). */
const publicCode = { pattern: "^([0-9]{9}|[0-9][0-9AB][0-9]{3})$" };
const PublicCode = Type.String(publicCode);
const PartnerCode = Type.String({ pattern: "^[a-z0-9]+(-[a-z0-9]+)*$", maxLength: 40 });
const slug = { pattern: "^[a-z][a-z0-9-]{0,40}$" };
const shortCode = { pattern: "^[A-Z0-9]{2,5}$" };
const Email = Type.String({ pattern: "^[^@\\s]+@[^@\\s]+$", maxLength: 254 });

const Contact = Type.Object(
  {
    phone: optional(Type.String()),
    email: optional(Email),
    address: optional(Type.String()),
    postalCode: optional(Type.String({ pattern: "^[0-9]{5}$" })),
    city: optional(Type.String()),
    hours: optional(Type.Array(Type.Object({ days: Type.String(), times: Type.String() }, closed))),
  },
  closed,
);

const Content = Type.Object(
  {
    tagline: Type.String({ maxLength: 200 }),
    news: optional(
      Type.Array(
        Type.Object(
          {
            date: Type.String({ pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
            title: Type.String(),
            summary: Type.String(),
          },
          closed,
        ),
      ),
    ),
    alert: optional(Type.String()),
  },
  closed,
);

const naming = {
  name: optional(Type.String({ description: "screen name; the official one where not said" })),
  shortName: optional(Type.String({ description: "Métropole" })),
  fullName: optional(Type.String({ description: "Mairie de Woippy, where not said" })),
  liaison: optional(
    Type.String({ description: "the name with its preposition: de l'Eurométropole de Metz" }),
  ),
};

/** Somebody by name, who answers at an address. */
export const Official = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 200 }), email: Email },
  {
    ...closed,
    description:
      "the elected official who confirms, where it has one administrator only, that one of its agents gets a new second factor",
  },
);
export type Official = Static<typeof Official>;

/** An entity with a site here. What isn't said is drawn from official data and from neutral defaults. */
export const FederationEntity = Type.Object(
  {
    code: PublicCode,
    slug: Type.String({ ...slug, description: "first label of its host name" }),
    shortCode: Type.String({ ...shortCode, description: "permanent: request numbers start with it" }),
    ...naming,
    brand: optional(Type.String({ pattern: "^#[0-9a-fA-F]{6}$" })),
    logo: optional(Type.String({ description: "an SVG file, from this file's folder; 64 KB at most" })),
    contact: optional(Contact),
    mailSender: optional(Email),
    official: optional(Official),
    content: optional(Content),
    teams: optional(
      Type.Array(
        Type.Object(
          {
            code: Type.String({ pattern: "^[a-z0-9]+(-[a-z0-9]+)*$", maxLength: 60 }),
            name: Type.String(),
            email: optional(Email),
          },
          closed,
        ),
      ),
    ),
  },
  closed,
);
export type FederationEntity = Static<typeof FederationEntity>;

/** A body in charge of some requests, without a site here. Communes without a site need no line. */
export const FederationPartner = Type.Object(
  {
    code: PartnerCode,
    shortCode: Type.String(shortCode),
    name: Type.String(),
    fullName: naming.fullName,
    liaison: naming.liaison,
    contact: Contact,
  },
  closed,
);
export type FederationPartner = Static<typeof FederationPartner>;

/** A first account. Its password is drawn by the runner, once, and is never in a file one commits. */
export const FederationAccount = Type.Object(
  {
    email: Email,
    givenName: Type.String(),
    familyName: Type.String(),
    role: Type.Enum(["citizen", "agent", "admin", "ops"]),
    entity: optional(Type.String({ ...publicCode, description: "whose agent; required but for citizens" })),
    teams: optional(Type.Array(Type.String())),
    authorised: optional(
      Type.Boolean({
        description: "may act for the entity on shared requests; yes where not said, for agents",
      }),
    ),
  },
  closed,
);
export type FederationAccount = Static<typeof FederationAccount>;

const { issuer, signingAlg, clientId, mfa, mfaValues, sirens, other } = upstreamParts;
const upstreamClient = {
  clientId,
  secretFile: Type.String({
    maxLength: 500,
    description: "file that holds the client's secret and nothing else, from this file's folder",
  }),
};
const UpstreamEntity = Type.String({ ...publicCode, description: "an entity of this file" });

/** Where people may come from besides their password. Secrets are in files of their own, never here. */
export const FederationUpstreams = Type.Object(
  {
    franceConnect: optional(
      Type.Object(
        {
          issuer,
          signingAlg,
          clients: Type.Array(Type.Object({ entity: UpstreamEntity, ...upstreamClient }, closed), {
            minItems: 1,
            description: "one an entity that has a grant; the others' sites show no button",
          }),
        },
        closed,
      ),
    ),
    proConnect: optional(
      Type.Object(
        {
          issuer,
          signingAlg,
          ...upstreamClient,
          mfa,
          mfaValues,
          entities: Type.Array(Type.Object({ entity: UpstreamEntity, sirens }, closed), {
            minItems: 1,
            description: "whose agents may come: the SIREN of their siret, several an entity where it has",
          }),
        },
        closed,
      ),
    ),
    others: optional(
      Type.Array(
        Type.Object(
          { ...other, issuer, signingAlg, ...upstreamClient, entity: optional(UpstreamEntity) },
          closed,
        ),
        {
          description:
            "any other OpenID provider: a directory of an entity, on its sites only where one is named",
        },
      ),
    ),
  },
  closed,
);
export type FederationUpstreams = Static<typeof FederationUpstreams>;

/**
 * `federation.yaml`: who is in the federation and which instance hosts whom. Topology is data: the three
 * models (one instance, one per commune, hybrid) are three such files.
 */
export const Federation = Type.Object(
  {
    name: Type.String({ description: "the territory's name on the sign-in pages" }),
    agglomeration: Type.String({
      pattern: "^[0-9]{9}$",
      description: "SIREN; its communes come from official data",
    }),
    idp: Type.Object({ slug: Type.String(slug) }, closed),
    upstreams: optional(FederationUpstreams),
    instances: Type.Array(
      Type.Object(
        {
          name: Type.String({ pattern: "^[a-z][a-z0-9-]{0,30}$" }),
          hosts: Type.Array(PublicCode, { minItems: 1 }),
        },
        closed,
      ),
      { minItems: 1 },
    ),
    entities: Type.Array(FederationEntity, { minItems: 1 }),
    partners: optional(Type.Array(FederationPartner)),
    accounts: optional(Type.Array(FederationAccount)),
    procedures: optional(Type.String({ description: "folder of procedures, from this file's folder" })),
    dispatch: optional(Type.String({ description: "folder of dispatch tables, from this file's folder" })),
  },
  {
    ...closed,
    $id: "https://interco.example/schemas/federation",
    title: "federation.yaml",
  },
);
export type Federation = Static<typeof Federation>;
