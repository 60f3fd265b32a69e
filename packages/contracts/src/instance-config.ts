import { type Static, Type } from "typebox";

/** A private key as a JSON Web Key (RFC 7517); ES256, so an EC key on P-256. */
export const PrivateJwk = Type.Object(
  {
    kty: Type.Literal("EC"),
    crv: Type.Literal("P-256"),
    x: Type.String(),
    y: Type.String(),
    d: Type.String(),
    kid: Type.String(),
    alg: Type.Literal("ES256"),
    use: Type.Optional(Type.Literal("sig")),
  },
  { additionalProperties: false },
);
export type PrivateJwk = Static<typeof PrivateJwk>;

/** Opaque and for ever: a code can be merged into another one, an id never is. */
export const EntityId = Type.String({ pattern: "^[a-z0-9]{12}$" });

/** 32 random bytes in base64. */
export const Key = Type.String({ pattern: "^[A-Za-z0-9+/]{43}=$" });

/** Without them everybody behind a proxy on another machine has one address: throttles would slow down the whole territory. */
export const Proxies = Type.Optional(
  Type.Array(Type.String(), {
    description:
      "addresses or networks (CIDR) of reverse proxies on other machines, whose X-Forwarded-For is believed",
  }),
);

/** Without it `/metrics` answers this machine only. */
export const MetricsToken = Type.Optional(
  Type.String({ minLength: 32, description: "bearer token a collector elsewhere reads /metrics with" }),
);

/** An origin as the URL standard serialises it: scheme, host and port, no slash at the end. */
export const Origin = Type.String({ pattern: "^https?://[^/]+$" });

/** One entity an instance answers for. Its client and its tracking key follow it when it moves. */
export const HostedEntity = Type.Object(
  {
    id: EntityId,
    code: Type.String({ description: "SIREN of an agglomeration, INSEE code of a commune" }),
    origin: Origin,
    client: Type.Object({ id: Type.String(), privateJwk: PrivateJwk }, { additionalProperties: false }),
    trackingKey: Key,
  },
  { additionalProperties: false },
);
export type HostedEntity = Static<typeof HostedEntity>;

/** What `INTERCO_CONFIG` holds for one process of `services/instance`. */
export const InstanceConfig = Type.Object(
  {
    name: Type.String({ pattern: "^[a-z][a-z0-9-]{0,30}$" }),
    development: Type.Boolean({
      description: "allows http, hosts under .localhost resolved to loopback, and an older nats-server",
    }),
    listen: Type.Object(
      {
        host: Type.String(),
        ports: Type.Array(Type.Integer({ minimum: 1, maximum: 65535 }), { minItems: 1 }),
        proxies: Proxies,
      },
      { additionalProperties: false },
    ),
    database: Type.Object(
      {
        owner: Type.String({ description: "used by migrate and seed only" }),
        service: Type.String(),
        worker: Type.String(),
      },
      { additionalProperties: false },
    ),
    nats: Type.Object(
      {
        url: Type.String(),
        user: Type.String(),
        password: Type.String(),
        apiPrefix: Type.Optional(
          Type.String({ description: "'hub.API' on a commune's instance, absent on the hub" }),
        ),
        hub: Type.Boolean(),
      },
      { additionalProperties: false },
    ),
    smtp: Type.Object({ url: Type.String() }, { additionalProperties: false }),
    idp: Type.Object({ issuer: Origin }, { additionalProperties: false }),
    secrets: Type.Object(
      {
        key: Key /* cookie, CSRF and encryption keys are derived from it by HKDF (RFC 5869) */,
        metricsToken: MetricsToken,
      },
      { additionalProperties: false },
    ),
    agglomeration: Type.Object({ entity: EntityId, origin: Origin }, { additionalProperties: false }),
    entities: Type.Array(HostedEntity, { minItems: 1 }),
  },
  { additionalProperties: false, $id: "https://interco.example/schemas/instance-config" },
);
export type InstanceConfig = Static<typeof InstanceConfig>;
