import { serviceSpec } from "../processes/service-program.ts";
import { issuerOf, originOf } from "../state/addresses.ts";
import { writeState } from "../state/state.ts";
import { giveIdentities } from "./identities.ts";
import { forEachLimited } from "./limit.ts";
import { natsChanges } from "./nats-step.ts";
import {
  administratorChanges,
  databaseChanges,
  identityChanges,
  idpConfigChanges,
  instanceConfigChanges,
  migrationChanges,
  seedChanges,
  servicesOf,
} from "./steps.ts";
import { type Change, databaseIds, hash, type World } from "./world.ts";

/** Programs that start or migrate at once: each keeps a core busy for a second. */
const width = 3;

/**
 * Makes what runs what `federation.yaml` says, in one run: databases, migrations, clients, accounts, NATS,
 * starting content, processes. What is there already is left alone; who isn't concerned isn't disturbed.
 * Returns how many changes it made: 0 says there was nothing to do.
 *
 * @throws Error at the first step that fails; what was done stays done, and another run goes on from there.
 */
export async function apply(world: World): Promise<number> {
  let changed = 0;
  const make = async (changes: Change[], atOnce = 1) => {
    await forEachLimited(changes, atOnce, async (change) => {
      await change.run();
      changed += 1;
      world.say(change.title);
    });
  };

  const given = await giveIdentities(world.state, world.federation, world.official);
  // Kept before anything is made of them: an id that was used and then forgotten would be another entity's.
  writeState(world.folder, world.state);
  changed += given.length;
  given.forEach(world.say);

  await make(databaseChanges(world, await databaseIds(world.parts.postgres)));
  const ids = await databaseIds(world.parts.postgres);
  const [idp, ...instances] = servicesOf(world);
  const nats = natsChanges(world);
  // Its failure is met below; meanwhile it isn't an unhandled one.
  nats.catch(() => {});

  await make(idpConfigChanges(world));
  if (idp) await make(migrationChanges(world, ids, [idp]));
  const idpStarted = startIdp(world);
  idpStarted.catch(() => {});
  const identities = identityChanges(world, ids);
  if (identities.clients.length + identities.people.length > 0) await idpStarted;
  await make(identities.clients, 4);
  await make(identities.people, 4);
  if (idp) await make(administratorChanges(world, ids, idp));

  await make(instanceConfigChanges(world));
  // NATS and PostgreSQL know nothing of each other.
  await Promise.all([
    make(migrationChanges(world, ids, instances), width),
    nats.then((changes) => make(changes)),
  ]);
  await make(seedChanges(world, ids), width);
  const started = await startInstances(world);
  changed += started + ((await idpStarted) ? 1 : 0);
  return changed;
}

async function startIdp(world: World): Promise<boolean> {
  const mark = hash(world.state.done["configuration idp"], world.state.done["migrations idp"]);
  const origin = issuerOf(world.state, world.federation.idp.slug);
  return await world.processes.ensure(
    serviceSpec(world.folder, { name: "idp", program: "idp", origin, mark, nursery: "half" }),
  );
}

async function startInstances(world: World): Promise<number> {
  let started = 0;
  await forEachLimited(world.federation.instances, width, async ({ name, hosts }) => {
    const mark = hash(world.state.done[`configuration ${name}`], world.state.done[`migrations ${name}`]);
    const origin = originOf(world.state, hosts[0] ?? "") ?? "";
    const nursery = hosts.includes(world.federation.agglomeration) ? "whole" : "half";
    const spec = serviceSpec(world.folder, { name, program: "instance", origin, mark, nursery });
    if (!(await world.processes.ensure(spec))) return;
    started += 1;
    world.say(`${name} is ready`);
  });
  return started;
}
