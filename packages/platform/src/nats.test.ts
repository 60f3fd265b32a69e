import { startTestNats } from "@interco/testing/nats";
import { expect, it } from "vitest";
import { ACCOUNTS, eventually } from "../test/transport-fixture.ts";
import { isSafeServer, NatsLink, type NatsStatus } from "./nats.ts";

it.each([
  ["2.9.10", false],
  ["2.12.11", false],
  ["2.12.12", true],
  ["2.13.9", false],
  ["2.14.2", false],
  ["2.14.3", true],
  ["2.15.0", true],
  ["3.0.0", true],
  ["unknown", false],
])("knows whether nats-server %s isolates accounts: %s", (version, safe) => {
  expect(isSafeServer(version)).toBe(safe);
});

it("refuses an older server, unless it is a development one", async () => {
  await using nats = await startTestNats(ACCOUNTS);
  const said: NatsStatus[] = [];
  const options = { url: nats.url, user: "metropole", password: "hub-secret", name: "test" };
  const strict = new NatsLink({ ...options, onStatus: (status) => said.push(status) });
  await eventually(() =>
    expect(said).toContainEqual({ type: "refused", reason: expect.stringContaining("too old") }),
  );
  expect(strict.connection).toBeUndefined();
  await strict.close();
  const tolerant = new NatsLink({ ...options, development: true });
  await tolerant.connected();
  await tolerant.close();
});

it("waits for a server that isn't there and an account that isn't known, then comes up", async () => {
  await using nats = await startTestNats({ ...ACCOUNTS, instances: [] });
  const said: NatsStatus["type"][] = [];
  const link = new NatsLink({
    url: nats.url,
    user: "woippy",
    password: "woippy-secret",
    name: "test",
    development: true,
    onStatus: ({ type }) => said.push(type),
  });
  await eventually(() => expect(said).toContain("refused"));
  await nats.reload(ACCOUNTS, async () => link.connection !== undefined);
  const nc = await link.connected();
  expect(nc.isClosed()).toBe(false);
  await nats.kill();
  await eventually(() => expect(link.connection).toBeUndefined());
  await nats.restart();
  await link.connected();
  await link.close();
  await expect(link.connected()).rejects.toThrow(/closed/);
});
