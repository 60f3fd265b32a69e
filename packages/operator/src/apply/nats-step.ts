import { join } from "node:path";
import { COMMUNE_API_PREFIX, natsAccountsConfig } from "@interco/platform/nats-accounts";
import { ensureConsumers, ensureStreams, streamManager } from "@interco/platform/streams";
import { connect, errors, type NatsConnection } from "@nats-io/transport-node";
import { writeNatsConfig } from "../parts/nats-server.ts";
import { portOf } from "../state/addresses.ts";
import { writePrivately } from "../state/data-folder.ts";
import { natsAccounts } from "./service-configs.ts";
import { type Change, hash, markDone, type World } from "./world.ts";

/**
 * Accounts, streams and consumers. Accounts are looked at by a mark, streams and consumers by asking the server:
 * JetStream's folder can be lost while all the rest is there.
 */
export async function natsChanges(world: World): Promise<Change[]> {
  const accounts = natsAccounts(world.federation, world.state);
  // Somebody else's server can't even take the hub before it includes this file.
  if (!world.natsReload) writePrivately(accountsFile(world), natsAccountsConfig(accounts));
  const what = "NATS accounts";
  const mark = hash(accounts);
  const changes: Change[] = [];
  if (world.state.done[what] !== mark) {
    const run = async () => {
      await giveAccounts(world);
      markDone(world, what, mark);
    };
    changes.push({ title: what, run });
  }
  const made = await asHub(world, makeStreams(world));
  // Made already: there is nothing left to run, and it must be told.
  if (made > 0) changes.unshift({ title: `NATS streams and consumers (${made})`, run: async () => {} });
  return changes;
}

function makeStreams(world: World) {
  return async (connection: NatsConnection): Promise<number> => {
    const manager = await streamManager(connection);
    const streams = await ensureStreams(manager);
    // The agglomeration is what the others read: it has no consumer of its own word.
    const readers = world.federation.entities.filter(({ code }) => code !== world.federation.agglomeration);
    const ids = readers.flatMap(({ code }) => world.state.entities[code]?.id ?? []);
    return streams.filter((stream) => stream.isNew).length + (await ensureConsumers(manager, ids));
  };
}

/** Makes the server know every account, then asks as each of them. */
async function giveAccounts(world: World): Promise<void> {
  const accounts = natsAccounts(world.federation, world.state);
  const works = async () => {
    const answers = await Promise.all(
      accounts.instances.map(({ name, password, entities }) =>
        reachesItsConsumers(world, { name, password }, entities),
      ),
    );
    return answers.every((answer) => answer);
  };
  if (world.natsReload) {
    const options = { folder: world.folder.nats, port: portOf(world.state, "nats") };
    if (writeNatsConfig(options, accounts)) await world.natsReload(works);
    else if (!(await works())) await world.natsReload(works);
    return;
  }
  if (!(await works())) throw unknownAccounts(world);
}

function accountsFile(world: World): string {
  return join(world.folder.root, "nats-accounts.conf");
}

function unknownAccounts(world: World): Error {
  return new Error(
    `NATS (${world.parts.nats}) doesn't know these accounts yet: include ${accountsFile(world)} in its configuration, with JetStream on, and reload it twice.`,
  );
}

async function reachesItsConsumers(
  world: World,
  user: { name: string; password: string },
  entities: string[],
): Promise<boolean> {
  let connection: NatsConnection | undefined;
  try {
    connection = await connect({
      servers: world.parts.nats,
      user: user.name,
      pass: user.password,
      timeout: 2_000,
    });
    for (const entity of entities) {
      const answer = await connection.request(`${COMMUNE_API_PREFIX}.CONSUMER.INFO.SHARED.${entity}`, "", {
        timeout: 1_000,
      });
      if ("error" in answer.json<object>()) return false;
    }
    return true;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}

/** Runs `work` as the hub. @throws Error in one line when its account isn't known to an external server. */
export async function asHub<T>(world: World, work: (connection: NatsConnection) => Promise<T>): Promise<T> {
  const { name, password } = natsAccounts(world.federation, world.state).hub;
  const options = { servers: world.parts.nats, user: name, pass: password, timeout: 5_000 };
  const connection = await connect(options).catch((error: Error) => {
    if (!world.natsReload && error instanceof errors.AuthorizationError) throw unknownAccounts(world);
    throw new Error(`NATS (${world.parts.nats}) doesn't take the account of ${name}: ${error.message}`);
  });
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}
