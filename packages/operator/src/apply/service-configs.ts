import type { Federation } from "@interco/contracts/federation";
import type { IdpConfig } from "@interco/contracts/idp-config";
import type { InstanceConfig } from "@interco/contracts/instance-config";
import { COMMUNE_API_PREFIX, type NatsAccounts } from "@interco/platform/nats-accounts";
import { databaseUrls } from "../parts/database.ts";
import { databaseName, issuerOf, originOf, type Parts, portOf } from "../state/addresses.ts";
import type { State } from "../state/state.ts";
import { upstreamConfig } from "./upstream-configs.ts";

type InstanceLine = Federation["instances"][number];

/** The instance that hosts the agglomeration: it owns the streams. */
export function hubOf(federation: Federation): InstanceLine {
  return getHost(federation, federation.agglomeration);
}

/** @throws Error when nothing hosts it: the file was checked, so that is a fault of ours. */
export function getHost(federation: Federation, code: string): InstanceLine {
  const instance = federation.instances.find((line) => line.hosts.includes(code));
  if (!instance) throw new Error(`no instance hosts ${code}`);
  return instance;
}

/** @param folder that files named in federation.yaml are found from */
export function idpConfig(federation: Federation, state: State, parts: Parts, folder: string): IdpConfig {
  const upstreams = upstreamConfig(federation.upstreams, state, folder);
  const access = { name: databaseName("idp"), passwords: state.idp.database };
  const { owner, service } = databaseUrls(parts.postgres, access);
  return {
    development: true,
    name: federation.name,
    listen: { host: "127.0.0.1", port: portOf(state, "idp") },
    issuer: issuerOf(state, federation.idp.slug),
    database: { owner, service },
    smtp: { url: parts.smtp },
    ...(upstreams ? { upstreams } : {}),
    secrets: {
      key: state.idp.key,
      initialAccessToken: state.idp.initialAccessToken,
      operatorToken: state.idp.operatorToken,
    },
  };
}

/** @throws Error when an entity hasn't its client yet: clients come before instances. */
export function instanceConfig(
  federation: Federation,
  state: State,
  parts: Parts,
  line: InstanceLine,
): InstanceConfig {
  const own = state.instances[line.name];
  const agglomeration = state.entities[federation.agglomeration];
  const agglomerationOrigin = originOf(state, federation.agglomeration);
  if (!own || !agglomeration || !agglomerationOrigin) throw new Error(`${line.name} has no identity`);
  const hub = line === hubOf(federation);
  const entities = line.hosts.map((code) => hostedEntity(state, code));
  return {
    name: line.name,
    development: true,
    listen: {
      host: "127.0.0.1",
      ports: line.hosts.flatMap((code) => state.entities[code]?.site?.port ?? []),
    },
    database: databaseUrls(parts.postgres, { name: databaseName(line.name), passwords: own.database }),
    nats: {
      url: parts.nats,
      user: line.name,
      password: own.natsPassword,
      ...(hub ? {} : { apiPrefix: COMMUNE_API_PREFIX }),
      hub,
    },
    smtp: { url: parts.smtp },
    idp: { issuer: issuerOf(state, federation.idp.slug) },
    secrets: { key: own.key },
    agglomeration: { entity: agglomeration.id, origin: agglomerationOrigin },
    entities,
  };
}

function hostedEntity(state: State, code: string): InstanceConfig["entities"][number] {
  const entity = state.entities[code];
  const origin = originOf(state, code);
  if (!entity?.site?.clientId || !origin) throw new Error(`${code} has no client at the identity provider`);
  const { clientId, privateJwk, trackingKey } = entity.site;
  return { id: entity.id, code, origin, client: { id: clientId, privateJwk }, trackingKey };
}

/** Accounts of NATS: one an instance, the hub's apart. */
export function natsAccounts(federation: Federation, state: State): NatsAccounts {
  const hub = hubOf(federation);
  const password = (name: string) => state.instances[name]?.natsPassword ?? "";
  return {
    hub: { name: hub.name, password: password(hub.name) },
    instances: federation.instances
      .filter((line) => line !== hub)
      .map((line) => ({
        name: line.name,
        password: password(line.name),
        entities: line.hosts.flatMap((code) => state.entities[code]?.id ?? []),
      })),
  };
}
