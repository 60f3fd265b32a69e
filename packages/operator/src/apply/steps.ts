import type { InstanceSeed, TerritoryEntity } from "@interco/contracts/instance-seed";
import { readStartingData } from "../federation/starting-data.ts";
import { territoryOf } from "../federation/territory.ts";
import { ensureDatabase } from "../parts/database.ts";
import { type Program, runServiceCommand } from "../processes/service-program.ts";
import { databaseName } from "../state/addresses.ts";
import { writePrivately } from "../state/data-folder.ts";
import type { Passwords } from "../state/state.ts";
import { clientMetadata, ensureAccount, nameOfficial, registerClient } from "./idp-api.ts";
import { instanceSeed, ownPart } from "./instance-seeds.ts";
import { hubOf, idpConfig, instanceConfig } from "./service-configs.ts";
import { type Change, hash, markDone, migrationsHash, sourceFolder, type World } from "./world.ts";

/** One service that runs: the identity provider or an instance. */
export interface Service {
  name: string;
  program: Program;
  passwords: Passwords;
}

export function servicesOf(world: World): Service[] {
  const instances = world.federation.instances.flatMap(({ name }): Service[] => {
    const own = world.state.instances[name];
    return own ? [{ name, program: "instance", passwords: own.database }] : [];
  });
  return [{ name: "idp", program: "idp", passwords: world.state.idp.database }, ...instances];
}

/**
 * Databases that aren't there.
 *
 * @throws Error when one is there and isn't this data folder's: its keys and passwords are unknown.
 */
export function databaseChanges(world: World, ids: Map<string, string>): Change[] {
  return servicesOf(world).flatMap(({ name, passwords }) => {
    const database = databaseName(name);
    const what = `database ${name}`;
    const id = ids.get(database);
    if (id !== undefined && world.state.done[what] === undefined) {
      throw new Error(
        `The database ${database} belongs to another data folder: drop it, or start with --fresh.`,
      );
    }
    if (id !== undefined) return [];
    const run = async () => {
      // Said before: a database made by a run that died right after is ours all the same.
      markDone(world, what, "being made");
      await ensureDatabase(world.parts.postgres, { name: database, passwords });
      markDone(world, what, "made");
    };
    return [{ title: what, run }];
  });
}

/** Migrations the database hasn't seen. */
export function migrationChanges(world: World, ids: Map<string, string>, services: Service[]): Change[] {
  return services.flatMap((service) => {
    const what = `migrations ${service.name}`;
    const mark = hash(ids.get(databaseName(service.name)), migrationsHash(service.program));
    if (world.state.done[what] === mark) return [];
    const run = async () => {
      await runServiceCommand(world.folder, service, ["migrate"]);
      markDone(world, what, mark);
    };
    return [{ title: what, run }];
  });
}

export function idpConfigChanges(world: World): Change[] {
  return configChange(
    world,
    "idp",
    idpConfig(world.federation, world.state, world.parts, sourceFolder(world)),
  );
}

export function instanceConfigChanges(world: World): Change[] {
  return world.federation.instances.flatMap((line) =>
    configChange(world, line.name, instanceConfig(world.federation, world.state, world.parts, line)),
  );
}

function configChange(world: World, name: string, config: object): Change[] {
  const text = `${JSON.stringify(config, null, 2)}\n`;
  const what = `configuration ${name}`;
  // Written in any case: the file may have been lost. It is a change when its content is.
  writePrivately(world.folder.config(name), text);
  const mark = hash(text);
  if (world.state.done[what] === mark) return [];
  return [{ title: what, run: async () => markDone(world, what, mark) }];
}

/**
 * What the identity provider hasn't: clients, or with other metadata; then officials and accounts, which name a client.
 */
export function identityChanges(
  world: World,
  ids: Map<string, string>,
): { clients: Change[]; people: Change[] } {
  const { federation, state } = world;
  const database = ids.get(databaseName("idp"));
  const names = new Map(territory(world).map((entity) => [entity.code, entity.name]));
  const clients = federation.entities.flatMap(({ code }): Change[] => {
    const what = `client ${code}`;
    const name = names.get(code) ?? code;
    const site = state.entities[code]?.site;
    if (!site) return [];
    const metadata = clientMetadata(federation, state, code, name);
    const registered = hash(database, metadata);
    if (state.done[what] === registered && site.clientId) return [];
    const run = async () => {
      site.clientId = await registerClient(federation, state, metadata);
      markDone(world, what, registered);
    };
    return [{ title: `client of ${name}`, run }];
  });
  const officials = federation.entities.flatMap(({ code, official }): Change[] => {
    const what = `official ${code}`;
    const mark = hash(database, official ?? null);
    if (!official || state.done[what] === mark) return [];
    const run = async () => {
      await nameOfficial(federation, state, code, official);
      markDone(world, what, mark);
    };
    return [{ title: `elected official of ${names.get(code) ?? code}`, run }];
  });
  const accounts = (federation.accounts ?? []).flatMap((account): Change[] => {
    const what = `account ${account.email}`;
    const { totp } = state.accounts[account.email] ?? {};
    const mark = hash(database, account.entity ?? null, totp ?? null);
    if (state.done[what] === mark) return [];
    const run = async () => {
      state.accounts[account.email] = {
        ...state.accounts[account.email],
        password: state.accounts[account.email]?.password ?? "",
        ...(await ensureAccount(federation, state, account)),
      };
      markDone(world, what, mark);
    };
    return [{ title: what, run }];
  });
  return { clients, people: [...officials, ...accounts] };
}

/** Who administers the identity provider and isn't named yet: those who run the service. */
export function administratorChanges(world: World, ids: Map<string, string>, idp: Service): Change[] {
  return (world.federation.accounts ?? [])
    .filter(({ role }) => role === "ops")
    .flatMap(({ email }): Change[] => {
      const what = `administrator ${email}`;
      const mark = hash(ids.get(databaseName("idp")));
      if (world.state.done[what] === mark) return [];
      const run = async () => {
        await runServiceCommand(world.folder, idp, ["name-administrator", email]);
        markDone(world, what, mark);
      };
      return [{ title: what, run }];
    });
}

/** Seeds that differ from what was sown. The agglomeration's instance answers for the territory of all. */
export function seedChanges(world: World, ids: Map<string, string>): Change[] {
  const data = readStartingData(world.federation, sourceFolder(world));
  const all = territory(world);
  const hub = hubOf(world.federation);
  return world.federation.instances.flatMap((line) => {
    const seed = instanceSeed(world.federation, world.state, all, data, line);
    const what = `seed ${line.name}`;
    const mark = hash(ids.get(databaseName(line.name)), line === hub ? seed : ownPart(seed));
    if (world.state.done[what] === mark) return [];
    return [
      { title: `starting content of ${line.name}`, run: () => sow(world, line.name, seed, what, mark) },
    ];
  });
}

async function sow(
  world: World,
  name: string,
  seed: InstanceSeed,
  what: string,
  mark: string,
): Promise<void> {
  await runServiceCommand(world.folder, { name, program: "instance" }, ["seed"], JSON.stringify(seed));
  markDone(world, what, mark);
}

export function territory(world: World): TerritoryEntity[] {
  return territoryOf(world.federation, world.official, world.state, sourceFolder(world));
}
