import type { UpstreamConfig } from "@interco/contracts/upstream-config";
import { franceConnectProfile } from "./france-connect.ts";
import { openidProfile } from "./openid.ts";
import { proConnectProfile } from "./pro-connect.ts";
import type { Upstream, UpstreamClient } from "./upstream.ts";

/**
 * The upstreams of a configuration.
 *
 * @throws Error naming each fault the schema can't see.
 */
export function upstreamsOf(config: UpstreamConfig | undefined, development: boolean): Upstream[] {
  const { franceConnect, proConnect, others = [] } = config ?? {};
  const upstreams: Upstream[] = [];
  if (franceConnect) {
    upstreams.push({
      id: "franceconnect",
      kind: "franceconnect",
      name: "FranceConnect",
      accounts: "personal",
      issuer: franceConnect.issuer,
      signingAlg: franceConnect.signingAlg ?? "ES256",
      clients: new Map(franceConnect.clients.map(({ entity, ...client }) => [entity, posted(client)])),
      onlyFor: null,
      profile: franceConnectProfile,
    });
  }
  if (proConnect) {
    upstreams.push({
      id: "proconnect",
      kind: "proconnect",
      name: "ProConnect",
      accounts: "professional",
      issuer: proConnect.issuer,
      signingAlg: proConnect.signingAlg ?? "ES256",
      clients: new Map([["", posted(proConnect)]]),
      onlyFor: null,
      profile: proConnectProfile(proConnect),
    });
  }
  for (const other of others) {
    const { clientId, clientSecret, authMethod = "client_secret_basic" } = other;
    upstreams.push({
      id: other.id,
      kind: "openid",
      name: other.name,
      accounts: other.accounts,
      issuer: other.issuer,
      signingAlg: other.signingAlg ?? "ES256",
      clients: new Map([["", { clientId, clientSecret, authMethod }]]),
      onlyFor: other.entity ?? null,
      profile: openidProfile(other),
    });
  }
  const faults = [...faultsOf(upstreams, development), ...repeatedIn(config)];
  if (faults.length > 0)
    throw new Error(`the configuration of upstreams is wrong:\n  ${faults.join("\n  ")}`);
  return upstreams;
}

/** Both State services want the secret in the body (their "Token Endpoint" pages). */
function posted({ clientId, clientSecret }: { clientId: string; clientSecret: string }): UpstreamClient {
  return { clientId, clientSecret, authMethod: "client_secret_post" };
}

function faultsOf(upstreams: Upstream[], development: boolean): string[] {
  const faults: string[] = [];
  upstreams.forEach(({ id, issuer }, at) => {
    if (!development && !issuer.startsWith("https://")) faults.push(`${id}: its issuer must be https`);
    if (!URL.canParse(issuer)) faults.push(`${id}: its issuer is no address`);
    if (upstreams.findIndex((other) => other.id === id) < at)
      faults.push(`${id}: two upstreams have this id`);
  });
  return faults;
}

function repeatedIn(config: UpstreamConfig | undefined): string[] {
  const entities = config?.proConnect?.entities ?? [];
  return [
    ...repeated(
      (config?.franceConnect?.clients ?? []).map(({ entity }) => entity),
      "franceconnect: the entity",
    ),
    ...repeated(
      entities.map(({ entity }) => entity),
      "proconnect: the entity",
    ),
    ...repeated(
      entities.flatMap(({ sirens }) => sirens),
      "proconnect: the SIREN",
    ),
  ];
}

function repeated(values: string[], what: string): string[] {
  return [...new Set(values.filter((value, at) => values.indexOf(value) < at))].map(
    (value) => `${what} ${value} is there twice`,
  );
}
