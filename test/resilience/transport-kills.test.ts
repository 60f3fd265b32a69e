import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import {
  changedLine,
  eventually,
  newRequest,
  say,
  startTransport,
} from "../../packages/platform/test/transport-fixture.ts";

// `npm test` kills each victim 5 times, `npm run test:resilience` 40 times.
const KILLS = process.env.npm_lifecycle_event === "test:resilience" ? 40 : 5;

type Transport = Awaited<ReturnType<typeof startTransport>>;

it.each([
  {
    victim: "the relay",
    relay: killsAt("relay", ["before-publish", "after-publish", "before-mark", "after-mark"]),
  },
  {
    victim: "the inbox",
    inbox: killsAt("inbox", ["received", "before-commit", "after-commit", "after-ack"]),
  },
  { victim: "nats-server", nats: KILLS },
])(
  "loses nothing, doubles nothing and keeps the order when $victim is killed under load",
  { timeout: 20 * 60_000 },
  async (kills) => {
    await using t = await startTransport();
    await using relay = keepRunning(t, "relay", kills.relay ?? []);
    await using inbox = keepRunning(t, "inbox", kills.inbox ?? []);
    await using load = startLoad(t);
    for (let kill = 0; kill < (kills.nats ?? 0); kill += 1) {
      const before = (await t.applied()).length;
      await t.nats.kill();
      await t.nats.restart();
      await eventually(async () => expect((await t.applied()).length).toBeGreaterThan(before), 60_000);
    }
    await Promise.all([relay.survived, inbox.survived]);
    const written = await load.stop();
    await eventually(
      async () => expect((await t.applied()).length).toBeGreaterThanOrEqual(written.length),
      60_000,
    );

    const applied = await t.applied();
    expect([...applied].sort()).toEqual([...written].sort());
    for (const request of new Set(written.map(requestOf))) {
      const versions = applied.filter((line) => requestOf(line) === request).map(versionOf);
      expect(versions).toEqual(versions.map((_, index) => index + 1));
    }
    await eventually(async () => {
      const { rows } = await t.hubAdmin.query(
        "select count(*)::int as made, count(distinct key)::int as keys from job_made",
      );
      expect(rows).toEqual([{ made: written.length, keys: written.length }]);
    });
  },
);

/** Where each life of a process ends: at these points in turn, at their tenth passage or so, under load. */
function killsAt(part: "relay" | "inbox", points: string[]): string[] {
  return Array.from(
    { length: KILLS },
    (_, kill) => `interco:${part}:${points[kill % points.length]} ${8 + (kill % 5)}`,
  );
}

/** Five requests that change all the time, fifty events a second, each with a job. */
function startLoad(t: Transport) {
  const written: string[] = [];
  const requests = Array.from({ length: 5 }, newRequest);
  let going = true;
  const writing = (async () => {
    for (let version = 1; going; version += 1) {
      await say(t, ...requests.map((id) => changedLine(id, version, [{ task: "mail", payload: {} }])));
      written.push(...requests.map((id) => `${id}:${version}`));
      await delay(100);
    }
  })();
  const stop = async () => {
    going = false;
    await writing;
    return written;
  };
  return { stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}

/**
 * The process, started again each time it dies, as a supervisor does: once for each of `lives`, which say where it
 * is killed, and a last time for good. `survived` settles when that one has begun.
 */
function keepRunning(t: Transport, half: "relay" | "inbox", lives: string[]) {
  const [user, password, database] =
    half === "relay"
      ? ["metropole", "hub-secret", t.hub.worker]
      : ["woippy", "woippy-secret", t.commune.service];
  const ends = [...lives];
  const survived = Promise.withResolvers<void>();
  let stopped = false;
  const start = (): ChildProcess => {
    const end = ends.shift();
    if (!end) survived.resolve();
    const started = spawn(
      process.execPath,
      ["--import", here("kill-at.ts"), here("transport-process.ts"), half],
      {
        env: {
          ...process.env,
          INTERCO_KILL_AT: end ?? "",
          TRANSPORT: JSON.stringify({ url: t.nats.url, user, password, database }),
        },
        stdio: ["ignore", "inherit", "inherit"],
      },
    );
    started.once("exit", () => {
      if (!stopped) child = start();
    });
    return started;
  };
  let child = start();
  return {
    survived: survived.promise,
    async [Symbol.asyncDispose]() {
      stopped = true;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

function here(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

function requestOf(line: string): string {
  return line.slice(0, line.lastIndexOf(":"));
}

function versionOf(line: string): number {
  return Number(line.slice(line.lastIndexOf(":") + 1));
}
