import { type Static, Type } from "typebox";
import { Key, MetricsToken, Origin, Proxies } from "./instance-config.ts";
import { UpstreamConfig } from "./upstream-config.ts";

/** What `INTERCO_CONFIG` holds for the process of `services/idp`. */
export const IdpConfig = Type.Object(
  {
    development: Type.Boolean(),
    name: Type.String({ description: "the territory's name on screens" }),
    listen: Type.Object(
      { host: Type.String(), port: Type.Integer({ minimum: 1, maximum: 65535 }), proxies: Proxies },
      { additionalProperties: false },
    ),
    issuer: Origin,
    database: Type.Object(
      { owner: Type.String({ description: "used by migrate only" }), service: Type.String() },
      { additionalProperties: false },
    ),
    smtp: Type.Object({ url: Type.String() }, { additionalProperties: false }),
    upstreams: Type.Optional(UpstreamConfig),
    secrets: Type.Object(
      {
        key: Key /* cookies, pairwise subjects, pepper and key encryption are derived from it by HKDF */,
        initialAccessToken: Type.String({ minLength: 32, description: "for RFC 7591 registrations" }),
        operatorToken: Type.String({ minLength: 32, description: "for /operator" }),
        metricsToken: MetricsToken,
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false, $id: "https://interco.example/schemas/idp-config" },
);
export type IdpConfig = Static<typeof IdpConfig>;
