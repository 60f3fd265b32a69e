import { ensureConsumers, ensureStreams, streamManager } from "@interco/platform/streams";
import { startTestNats } from "@interco/testing/nats";
import { connect } from "@nats-io/transport-node";
import { expect, it } from "vitest";

const hub = { name: "metropole", password: "hub-secret" };
const woippy = { name: "woippy", password: "woippy-secret", entities: ["aaaaaaaaaaaa"] };
const ars = { name: "ars-sur-moselle", password: "ars-secret", entities: ["bbbbbbbbbbbb"] };

it("lets a new instance in by reload, both ways, without disconnecting anybody", async () => {
  await using nats = await startTestNats({ hub, instances: [woippy] });
  const hubConnection = await connect({ servers: nats.url, user: hub.name, pass: hub.password });
  const manager = await streamManager(hubConnection);
  await ensureStreams(manager);
  await ensureConsumers(manager, [...woippy.entities, ...ars.entities]);
  const first = await connect({ servers: nats.url, user: woippy.name, pass: woippy.password });
  const events: string[] = [];
  void (async () => {
    for await (const status of first.status()) events.push(status.type);
  })();

  const works = async () => {
    try {
      const connection = await connect({
        servers: nats.url,
        user: ars.name,
        pass: ars.password,
        timeout: 1_000,
      });
      const info = await connection.request("hub.API.CONSUMER.INFO.SHARED.bbbbbbbbbbbb", "", {
        timeout: 500,
      });
      await connection.close();
      return !("error" in info.json<object>());
    } catch {
      return false;
    }
  };
  expect(await works()).toBe(false);
  await nats.reload({ hub, instances: [woippy, ars] }, works);

  expect(await works()).toBe(true);
  const again = await first.request("hub.API.CONSUMER.INFO.SHARED.aaaaaaaaaaaa", "", { timeout: 2_000 });
  expect(again.json<{ name: string }>().name).toBe("aaaaaaaaaaaa");
  expect(events.filter((type) => type === "disconnect")).toEqual([]);
  // What the new one says reaches the agglomeration's stream.
  const newcomer = await connect({ servers: nats.url, user: ars.name, pass: ars.password });
  const stored = await newcomer.request("entity.bbbbbbbbbbbb.profile.changed", "{}", { timeout: 2_000 });
  expect(stored.json<{ stream: string }>().stream).toBe("ENTITY");
  await Promise.all([newcomer.close(), first.close(), hubConnection.close()]);
});
