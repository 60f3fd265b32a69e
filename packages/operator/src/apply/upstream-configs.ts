import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Federation, FederationUpstreams } from "@interco/contracts/federation";
import type { UpstreamConfig } from "@interco/contracts/upstream-config";
import type { State } from "../state/state.ts";

/**
 * What the identity provider is told of upstreams: entities by their ids, secrets from their files.
 *
 * @param folder that secrets' files are found from
 * @throws Error in one line when such a file can't be read or holds no secret.
 */
export function upstreamConfig(
  upstreams: Federation["upstreams"],
  state: State,
  folder: string,
): UpstreamConfig | undefined {
  if (!upstreams) return undefined;
  const { franceConnect, proConnect, others } = upstreams;
  const idOf = (code: string) => {
    const id = state.entities[code]?.id;
    if (!id) throw new Error(`${code} has no identity`);
    return id;
  };
  const withSecret = <T extends { secretFile: string }>({ secretFile, ...client }: T) => ({
    ...client,
    clientSecret: secretOf(resolve(folder, secretFile)),
  });
  return {
    ...(franceConnect
      ? {
          franceConnect: {
            ...franceConnect,
            clients: franceConnect.clients.map((client) => ({
              ...withSecret(client),
              entity: idOf(client.entity),
            })),
          },
        }
      : {}),
    ...(proConnect
      ? {
          proConnect: {
            ...withSecret(proConnect),
            entities: proConnect.entities.map(({ entity, sirens }) => ({ entity: idOf(entity), sirens })),
          },
        }
      : {}),
    ...(others ? { others: others.map((other) => otherConfig(withSecret(other), idOf)) } : {}),
  };
}

type Other = NonNullable<FederationUpstreams["others"]>[number];

function otherConfig(
  { entity, ...other }: Omit<Other, "secretFile"> & { clientSecret: string },
  idOf: (code: string) => string,
) {
  return entity === undefined ? other : { ...other, entity: idOf(entity) };
}

function secretOf(file: string): string {
  let secret: string;
  try {
    secret = readFileSync(file, "utf8").trim();
  } catch {
    throw new Error(`The secret of an upstream can't be read: ${file}`);
  }
  if (secret.length < 16) throw new Error(`${file} holds no secret of 16 characters or more`);
  return secret;
}
