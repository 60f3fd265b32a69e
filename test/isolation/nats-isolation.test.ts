import { COMMUNE_API_PREFIX, type NatsAccounts, natsServerConfig } from "@interco/platform/nats-accounts";
import { ensureConsumers, ensureStreams, STREAMS, streamManager } from "@interco/platform/streams";
import { startTestNats } from "@interco/testing/nats";
import { type JetStreamManager, jetstream } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { ATTACKS, FORBIDDEN_SUBSCRIPTIONS, MARLY, METZ, WOIPPY } from "./attacks.ts";

const CANARY = "canary-2f1c-never-crosses";
const accounts: NatsAccounts = {
  hub: { name: "metropole", password: "hub-secret" },
  instances: [
    { name: "woippy", password: "woippy-secret", entities: [WOIPPY] },
    { name: "metz", password: "metz-secret", entities: [METZ] },
  ],
};
const marly = { name: "marly", password: "marly-secret", entities: [MARLY] };

let nats: Awaited<ReturnType<typeof startTestNats>>;
let hub: NatsConnection;
let jsm: JetStreamManager;
let woippy: NatsConnection;
let metz: NatsConnection;
/** All that ever reached the attacker. */
const reached: string[] = [];

beforeAll(async () => {
  nats = await startTestNats(accounts);
  hub = await login("metropole", "hub-secret");
  woippy = await login("woippy", "woippy-secret");
  metz = await login("metz", "metz-secret");
  jsm = await streamManager(hub);
  await ensureStreams(jsm);
  await ensureConsumers(jsm, [WOIPPY, METZ]);
  woippy.subscribe("_INBOX.>", { callback: (_, message) => void reached.push(message.string()) });
  await woippy.flush();
  // Metz has one secret delivered and not acknowledged, one waiting, and a pull under way.
  await send(`shared.${METZ}.r1.changed`, CANARY);
  await send(`shared.${METZ}.r2.changed`, CANARY);
  await send(`shared.${WOIPPY}.r3.changed`, "for Woippy");
  await jetstream(metz).publish(`entity.${METZ}.profile.changed`, CANARY);
  const consumer = await reader(metz, "SHARED", METZ);
  expect((await consumer.next({ expires: 2_000 }))?.string()).toBe(CANARY);
});

afterAll(async () => {
  await Promise.all([hub, woippy, metz].map((nc) => nc?.close()));
  await nats?.stop();
});

it.each(ATTACKS)("refuses: $name", async ({ attempt, silent }) => {
  // One message for a deputy to divert, one for the barrier.
  if (silent) for (const text of ["diverted", "barrier"]) await send(`shared.${WOIPPY}.r3.changed`, text);
  const before = await stateOf(METZ);
  if (silent) await attempt(woippy);
  else await expect(attempt(woippy)).rejects.toThrow();
  if (silent) await barrier();
  expect(await stateOf(METZ)).toEqual(before);
  expect(reached.join("\n")).not.toContain(CANARY);
});

/** A pull of Woippy's own is answered after all that came before it: what an attack set off is done. */
async function barrier() {
  const consumer = await reader(woippy, "SHARED", WOIPPY);
  const message = await consumer.next({ expires: 2_000 });
  expect(message).not.toBeNull();
  await message?.ackAck();
}

it.each(FORBIDDEN_SUBSCRIPTIONS)("refuses to let a commune listen to %s", async (subject) => {
  const refused = Promise.withResolvers<Error | undefined>();
  const heard: string[] = [];
  const subscription = woippy.subscribe(subject, {
    callback: (error, message) => (error ? refused.resolve(error) : void heard.push(message.string())),
  });
  void subscription.closed.then((error) => refused.resolve(error instanceof Error ? error : undefined));
  await woippy.flush();
  await send(`shared.${METZ}.r4.changed`, CANARY);
  expect(await refused.promise).toBeInstanceOf(Error);
  expect(heard).toEqual([]);
});

it("keeps one commune's inbox from another, whatever its name", async () => {
  const mine: string[] = [];
  metz.subscribe("_INBOX.metz.secret", { callback: (_, message) => void mine.push(message.string()) });
  await metz.flush();
  woippy.publish("_INBOX.metz.secret", "forged");
  hub.publish("_INBOX.metz.secret", "forged");
  await Promise.all([woippy.flush(), hub.flush(), metz.flush()]);
  expect(mine).toEqual([]);
  expect(reached.join("\n")).not.toContain(CANARY);
});

it.each([
  ["nobody", {}],
  ["a wrong password", { user: "metz", pass: "woippy-secret" }],
  ["another account's name", { user: "HUB", pass: "woippy-secret" }],
  ["the system account", { user: "sys", pass: "" }],
])("doesn't let in %s", async (_, credentials) => {
  await expect(connect({ servers: nats.url, ...credentials, reconnect: false })).rejects.toThrow();
});

it("tells a refusal from a broken test: the hub may do what the attacks try", async () => {
  await expect(hub.request("$JS.API.STREAM.INFO.SHARED", "", { timeout: 2_000 })).resolves.toBeDefined();
  await expect(jsm.streams.getMessage("SHARED", { seq: 1 })).resolves.toMatchObject({ seq: 1 });
});

it("lets an entity read its own consumers and nobody else's messages", async () => {
  await send(`shared.${WOIPPY}.r3.changed`, "for Woippy");
  const mine = await reader(woippy, "SHARED", WOIPPY);
  const texts: string[] = [];
  while (!texts.includes("for Woippy")) {
    const message = await mine.next({ expires: 2_000 });
    expect(message).not.toBeNull();
    texts.push(message?.string() ?? "");
    await message?.ackAck();
  }
  expect(texts.every((text) => ["diverted", "barrier", "for Woippy"].includes(text))).toBe(true);
  await send("catalogue.procedure.published", "for all");
  for (const [nc, id] of [
    [woippy, WOIPPY],
    [metz, METZ],
  ] as const) {
    const catalogue = await reader(nc, "CATALOGUE", id);
    expect((await catalogue.next({ expires: 2_000 }))?.string()).toBe("for all");
  }
});

it("brings an entity's word to the hub once, with the stream's acknowledgement", async () => {
  const js = jetstream(woippy);
  const before = (await jsm.streams.info("ENTITY")).state.messages;
  const first = await js.publish(`entity.${WOIPPY}.team.changed`, "team", { msgID: "one" });
  const second = await js.publish(`entity.${WOIPPY}.team.changed`, "team", { msgID: "one" });
  expect([first.duplicate, second.duplicate, second.seq]).toEqual([false, true, first.seq]);
  expect((await jsm.streams.info("ENTITY")).state.messages).toBe(before + 1);
});

it("takes a third account while it runs, losing and disturbing nothing", async () => {
  const disturbed: string[] = [];
  void (async () => {
    for await (const { type } of woippy.status()) if (type === "disconnect") disturbed.push(type);
  })();
  const mine = await reader(woippy, "SHARED", WOIPPY);
  const messages = await mine.consume({ max_messages: 50, expires: 5_000 });
  const read: string[] = [];
  const reading = (async () => {
    for await (const message of messages) {
      // What the attacks diverted is delivered again, here among others.
      if (message.string().startsWith("m")) read.push(message.string());
      message.ack();
    }
  })();
  const sent: string[] = [];
  let more = true;
  const sending = (async () => {
    while (more || sent.length < 200) {
      const text = `m${sent.length}`;
      await send(`shared.${WOIPPY}.r5.changed`, text);
      sent.push(text);
    }
  })();

  await ensureConsumers(jsm, [WOIPPY, METZ, MARLY]);
  const works = async () => {
    const nc = await login(marly.name, marly.password);
    try {
      await nc.request(`${COMMUNE_API_PREFIX}.CONSUMER.INFO.SHARED.${MARLY}`, "", { timeout: 500 });
      return true;
    } catch {
      return false;
    } finally {
      await nc.close();
    }
  };
  await nats.reload({ ...accounts, instances: [...accounts.instances, marly] }, works);
  more = false;
  await sending;
  await vi.waitFor(() => expect(read).toEqual(sent), { timeout: 20_000, interval: 50 });
  messages.stop();
  await reading;
  expect(disturbed).toEqual([]);

  const third = await login(marly.name, marly.password);
  await send(`shared.${MARLY}.r6.changed`, "for Marly");
  const consumer = await reader(third, "SHARED", MARLY);
  expect((await consumer.next({ expires: 2_000 }))?.string()).toBe("for Marly");
  await jetstream(third).publish(`entity.${MARLY}.profile.changed`, "here I am");
  await expect(
    third.request(`${COMMUNE_API_PREFIX}.CONSUMER.INFO.SHARED.${METZ}`, "", { timeout: 500 }),
  ).rejects.toThrow();
  await third.close();
});

it("never lets the canary cross", () => {
  expect(reached.join("\n")).not.toContain(CANARY);
});

it("writes no configuration a name could widen, and no other way in", () => {
  const server = { host: "127.0.0.1", port: 1, storeDir: "/x", pidFile: "/y" };
  for (const entity of ["*", ">", "a.b", "", "a b", 'a"b', "A"]) {
    const instances = [{ name: "woippy", password: "p", entities: [entity] }];
    expect(() => natsServerConfig(server, { hub: accounts.hub, instances })).toThrow();
  }
  const text = natsServerConfig(server, accounts);
  expect(text).not.toMatch(/websocket|mqtt|leafnodes|no_auth_user|http_port|gateway/);
  const communes = text.slice(text.indexOf("I_woippy {"));
  expect(communes).not.toMatch(/\$JS\.API\.>|"[>*]"|CREATE|GET|PURGE|DELETE/);
});

function login(user: string, pass: string): Promise<NatsConnection> {
  return connect({ servers: nats.url, user, pass });
}

function send(subject: string, text: string) {
  return jetstream(hub).publish(subject, text);
}

function reader(nc: NatsConnection, stream: string, durable: string) {
  return jetstream(nc, { apiPrefix: COMMUNE_API_PREFIX }).consumers.get(stream, durable);
}

/** All an attack could change: the streams, and the victim's and the hub's consumers. */
async function stateOf(victim: string) {
  const streams = await Promise.all(Object.keys(STREAMS).map((name) => jsm.streams.info(name)));
  const names = (await jsm.streams.names().next()).sort();
  const consumers = await Promise.all([
    jsm.consumers.info("SHARED", victim),
    jsm.consumers.info("CATALOGUE", victim),
    jsm.consumers.info("ENTITY", "hub"),
  ]);
  return {
    names,
    streams: streams.map(({ config, created, state }) => ({
      config,
      created,
      messages: state.messages,
      last: state.last_seq,
      consumers: state.consumer_count,
    })),
    consumers: consumers.map(({ config, created, delivered, ack_floor, num_ack_pending, num_pending }) => ({
      config,
      created,
      delivered: delivered.consumer_seq,
      ack: ack_floor.consumer_seq,
      num_ack_pending,
      num_pending,
    })),
  };
}
