import { type Static, Type } from "typebox";
import { EntityId } from "./instance-config.ts";

const closed = { additionalProperties: false };
const optional = Type.Optional;

const Siren = Type.String({ pattern: "^[0-9]{9}$", description: "SIREN of a legal unit of the entity" });

/** What every upstream says of itself, wherever it is written. */
export const upstreamParts = {
  issuer: Type.String({
    pattern: "^https?://[^\\s?#]+[^\\s?#/]$",
    maxLength: 500,
    description: "issuer, as its discovery document says it; https outside development",
  }),
  signingAlg: optional(
    Type.Enum(["ES256", "RS256"], {
      description:
        "what it signs ID tokens and userinfo with, as declared at registration; ES256 where not said",
    }),
  ),
  clientId: Type.String({ minLength: 1, maxLength: 300 }),
  mfa: optional(
    Type.Enum(["asked", "here"], {
      description:
        "'asked' (where not said): two factors are asked of ProConnect, which lets nobody through without; " +
        "'here': for agents whose own identity provider has no second factor, which is then asked here",
    }),
  ),
  mfaValues: optional(
    Type.Array(Type.String({ maxLength: 200 }), {
      minItems: 1,
      maxItems: 20,
      description: "values of acr that mean two factors, where the documented ones have changed",
    }),
  ),
  sirens: Type.Array(Siren, { minItems: 1, maxItems: 50 }),
  other: {
    id: Type.String({
      pattern: "^[a-z][a-z0-9-]{1,30}$",
      description: "part of its redirect URI /fournisseur/<id>/retour: keep it for ever",
    }),
    name: Type.String({
      minLength: 1,
      maxLength: 60,
      description: "what its button says, after 'Se connecter avec'",
    }),
    accounts: Type.Enum(["personal", "professional"]),
    scope: optional(
      Type.String({
        pattern: "^openid( [\\w:./-]+)*$",
        description: "'openid profile email' where not said",
      }),
    ),
    authMethod: optional(
      Type.Enum(["client_secret_basic", "client_secret_post"], {
        description: "at its token endpoint; client_secret_basic where not said",
      }),
    ),
    claims: optional(
      Type.Object(
        {
          givenName: optional(Type.String({ maxLength: 100 })),
          familyName: optional(Type.String({ maxLength: 100 })),
          email: optional(Type.String({ maxLength: 100 })),
        },
        {
          ...closed,
          description: "names of its claims where they aren't given_name, family_name and email",
        },
      ),
    ),
    signedUserinfo: optional(
      Type.Boolean({ description: "its userinfo is a signed JWT, and nothing else is accepted" }),
    ),
    mfaValues: optional(
      Type.Array(Type.String({ maxLength: 200 }), {
        maxItems: 20,
        description: "values of its acr that mean two factors",
      }),
    ),
  },
};

const clientSecret = Type.String({ minLength: 16, maxLength: 500 });
const { issuer, signingAlg, clientId, mfa, mfaValues, sirens, other } = upstreamParts;

/** Providers of identity people may come from, as the identity provider is told of them. */
export const UpstreamConfig = Type.Object(
  {
    franceConnect: optional(
      Type.Object(
        {
          issuer,
          signingAlg,
          clients: Type.Array(Type.Object({ entity: EntityId, clientId, clientSecret }, closed), {
            minItems: 1,
            description: "one an entity: FranceConnect gives its grants so",
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
          clientId,
          clientSecret,
          mfa,
          mfaValues,
          entities: Type.Array(Type.Object({ entity: EntityId, sirens }, closed), { minItems: 1 }),
        },
        closed,
      ),
    ),
    others: optional(
      Type.Array(
        Type.Object(
          {
            ...other,
            issuer,
            signingAlg,
            clientId,
            clientSecret,
            entity: optional(EntityId),
          },
          closed,
        ),
      ),
    ),
  },
  closed,
);
export type UpstreamConfig = Static<typeof UpstreamConfig>;
