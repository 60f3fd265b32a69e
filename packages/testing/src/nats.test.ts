import { connect } from "@nats-io/transport-node";
import { expect, it } from "vitest";
import { startTestNats } from "./nats.ts";

const accounts = {
  hub: { name: "metropole", password: "hub-secret" },
  instances: [{ name: "woippy", password: "woippy-secret", entities: ["aaaaaaaaaaaa"] }],
};

it("starts a server that takes the hub and the instances, and nobody else", async () => {
  await using nats = await startTestNats(accounts);
  for (const { name, password } of [accounts.hub, ...accounts.instances]) {
    const connection = await connect({ servers: nats.url, user: name, pass: password });
    await connection.close();
  }
  await expect(connect({ servers: nats.url })).rejects.toThrow();
  await expect(connect({ servers: nats.url, user: "metz", pass: "x" })).rejects.toThrow();
});

it("comes back on the same port after a kill", async () => {
  await using nats = await startTestNats(accounts);
  const before = nats.pid();
  await nats.kill();
  await nats.restart();
  expect(nats.pid()).not.toBe(before);
});
