import { getHost } from "../apply/service-configs.ts";
import { territory } from "../apply/steps.ts";
import type { World } from "../apply/world.ts";
import { databaseUrls } from "../parts/database.ts";
import { databaseName, issuerOf, originOf } from "../state/addresses.ts";
import { writePrivately } from "../state/data-folder.ts";

/** Where mails can be read; null where somebody else's server takes them. */
export interface MailAddresses {
  web: string | null;
  api: string | null;
  smtp: string;
}

/** What `federation.json` tells scripts; its names are a promise. */
export function announcement(world: World, mail: MailAddresses) {
  const { federation, state } = world;
  const bodies = new Map(territory(world).map((entity) => [entity.code, entity]));
  return {
    idp: { issuer: issuerOf(state, federation.idp.slug) },
    instances: federation.instances.map(({ name, hosts }) => ({
      name,
      url: `${originOf(state, hosts[0] ?? "")}/`,
      hosts,
      database: serviceDatabase(world, name),
      pid: world.processes.pid(name) ?? null,
    })),
    entities: federation.entities.map(({ code }) => ({
      code,
      kind: bodies.get(code)?.kind,
      name: bodies.get(code)?.name,
      instance: getHost(federation, code).name,
      portal: `${originOf(state, code)}/`,
      backoffice: `${originOf(state, code)}/backoffice/`,
    })),
    accounts: (federation.accounts ?? []).map(({ email, role, entity }) => ({
      email,
      password: state.accounts[email]?.password,
      role,
      entity: entity ?? null,
      totp: state.accounts[email]?.totp ?? null,
    })),
    nats: { url: world.parts.nats },
    mail,
  };
}

export function writeAnnouncement(world: World, mail: MailAddresses): void {
  writePrivately(world.folder.announcement, `${JSON.stringify(announcement(world, mail), null, 2)}\n`);
}

/** As the service sees it: what one reads there is what row-level security lets it read. */
function serviceDatabase(world: World, name: string): string {
  const own = world.state.instances[name];
  if (!own) throw new Error(`${name} has no identity`);
  return databaseUrls(world.parts.postgres, { name: databaseName(name), passwords: own.database }).service;
}
