import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { startChild } from "./child-process.ts";
import { dataFolderMark, stopLeftovers } from "./leftovers.ts";
import { processIdentity } from "./process-identity.ts";
import { Supervisor } from "./supervisor.ts";

let root: string;
let said: string[];
let supervisor: Supervisor;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "interco-supervisor-"));
  said = [];
  supervisor = new Supervisor({ folders: folders(), say: (line) => said.push(line) });
});
afterEach(async () => {
  await supervisor.stopAll([supervisor.list().map((child) => child.name)], [2_000]);
  rmSync(root, { recursive: true, force: true });
});

const folders = () => ({ run: join(root, "run"), logs: join(root, "logs") });
const runs = (pid: number | undefined) => pid !== undefined && processIdentity(pid) !== undefined;

function sleeper(name: string, script = "setInterval(() => {}, 1000)", mark = "1") {
  return {
    child: { name, command: process.execPath, args: ["-e", script] },
    mark,
    ready: async () => true,
  };
}

it("starts a child that died again, and says so", async () => {
  await supervisor.ensure(sleeper("woippy"));
  const first = supervisor.pid("woippy");
  process.kill(first ?? 0, "SIGKILL");
  await vi.waitFor(() => expect(said).toContain("woippy is back"), 5_000);
  expect(said[0]).toBe("woippy stopped by itself (SIGKILL): started again in 0.2 s");
  expect(supervisor.pid("woippy")).not.toBe(first);
  expect(runs(supervisor.pid("woippy"))).toBe(true);
});

it("waits longer each time for a child that keeps dying", async () => {
  await supervisor.ensure(sleeper("woippy", "setTimeout(() => process.exit(3), 100)"));
  await vi.waitFor(() => expect(said.filter((line) => line.includes("again in"))).toHaveLength(3), 8_000);
  expect(said.filter((line) => line.includes("again in"))).toEqual([
    "woippy stopped by itself (code 3): started again in 0.2 s",
    "woippy stopped by itself (code 3): started again in 0.5 s",
    "woippy stopped by itself (code 3): started again in 1 s",
  ]);
});

it("leaves a child whose mark is the same alone and starts the others anew", async () => {
  expect(await supervisor.ensure(sleeper("woippy"))).toBe(true);
  const first = supervisor.pid("woippy");
  expect(await supervisor.ensure(sleeper("woippy"))).toBe(false);
  expect(supervisor.pid("woippy")).toBe(first);
  expect(await supervisor.ensure(sleeper("woippy", undefined, "2"))).toBe(true);
  expect(supervisor.pid("woippy")).not.toBe(first);
  expect(runs(first)).toBe(false);
});

it("says where to look when a child stops while starting", async () => {
  const spec = { ...sleeper("woippy", "process.exit(1)"), ready: async () => false };
  await expect(supervisor.ensure(spec)).rejects.toThrow(
    /woippy stopped while starting \(code 1\): see .*woippy\.log/,
  );
});

it("stops group after group and leaves no process, not even a deaf one", async () => {
  await supervisor.ensure(sleeper("instance"));
  await supervisor.ensure(
    sleeper("deaf", "process.on('SIGTERM', () => {}); console.log('deaf'); setInterval(() => {}, 1000)"),
  );
  const pids = ["instance", "deaf"].map((name) => supervisor.pid(name));
  await vi.waitFor(() => expect(readFileSync(join(root, "logs", "deaf.log"), "utf8")).toBe("deaf\n"), 5_000);
  await supervisor.stopAll([["instance"], ["deaf"]], [1_000, 300]);
  expect(pids.map(runs)).toEqual([false, false]);
  expect(said).toEqual([]);
});

it("gives a later group the time an earlier one leaves, and quits before it kills", async () => {
  const slow =
    "process.on('SIGTERM', () => setTimeout(() => process.exit(0), 600)); setInterval(() => {}, 1000)";
  const stuck =
    "process.on('SIGTERM', () => {}); process.on('SIGQUIT', () => process.exit(7)); setInterval(() => {}, 1000)";
  const child = await startChild({ ...sleeper("stuck", stuck).child, quitSignal: "SIGQUIT" }, folders());
  await supervisor.ensure(sleeper("quick"));
  await supervisor.ensure(sleeper("slow", slow));
  await new Promise((resolve) => setTimeout(resolve, 400));
  const began = Date.now();
  await supervisor.stopAll([["quick"], ["slow"]], [3_000, 100]);
  expect(Date.now() - began).toBeGreaterThan(550);
  await child.stop(200);
  expect(await child.exited).toBe("code 7");
});

it("finds what a dead runner left, by pid file and by data folder, and nobody else", async () => {
  const env = { ...process.env, [dataFolderMark]: root };
  const withFile = await startChild({ ...sleeper("postgres").child, env }, folders());
  const withoutFile = await startChild({ ...sleeper("woippy").child, env }, folders());
  rmSync(join(root, "run", "woippy.json"));
  const other = await startChild(sleeper("stranger").child, {
    run: join(root, "elsewhere"),
    logs: join(root, "logs"),
  });
  // A pid file that names a living process with another start time is a stale one.
  const known = JSON.parse(readFileSync(join(root, "run", "postgres.json"), "utf8"));
  // Not the other process's own: two that start within a hundredth of a second have the same.
  const stale = { ...known, identity: `${known.identity}0`, pid: other.pid, name: "nats" };
  writeFileSync(join(root, "run", "nats.json"), JSON.stringify(stale));

  expect(await stopLeftovers({ root, run: join(root, "run") })).toEqual([
    "postgres",
    `process ${withoutFile.pid}`,
  ]);
  expect([withFile.pid, withoutFile.pid, other.pid].map(runs)).toEqual([false, false, true]);
  await other.stop();
});
