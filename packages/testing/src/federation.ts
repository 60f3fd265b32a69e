import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { portIsFree } from "@interco/operator/parts/free-port";
import type { announcement } from "@interco/operator/runner/announcement";
import { dataFolder } from "@interco/operator/state/data-folder";
import { readState } from "@interco/operator/state/state";

/** What `federation.json` says. */
export type FederationAnnouncement = ReturnType<typeof announcement>;

export interface FederationOptions {
  /** Another federation.yaml than the demonstration's. */
  file?: string;
  /** Data folder; by default a temporary one, gone at the end. */
  data?: string;
  /** First port; by default the data folder's own, or else one with enough free ones after it. */
  port?: number;
  env?: Record<string, string>;
  timeoutMs?: number;
}

/** A federation that runs for tests: the very program `npm start` runs. */
export interface TestFederation extends AsyncDisposable {
  data: string;
  port: number;
  /** Read anew each time: pids change when a process is started again. */
  said(): FederationAnnouncement;
  /** What the runner has printed so far. */
  output(): string;
  /** The runner's own pid. */
  pid: number;
  /** Runs one `interco` command against it. */
  interco(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  /** Ctrl-C; settles when the runner is gone. Throws when it wasn't clean. */
  stop(): Promise<void>;
  /** SIGKILL of the runner alone: its children stay. */
  kill(): Promise<void>;
}

const root = resolve(import.meta.dirname, "../../..");
const program = join(root, "packages/operator/src/main.ts");

/** Starts one and waits for `ready`. Its first start takes 10 to 30 s on two cores: share it between tests. */
export async function startFederation(options: FederationOptions = {}): Promise<TestFederation> {
  const data = options.data ?? mkdtempSync(join(tmpdir(), "interco-test-federation-"));
  const port = options.port ?? portOfData(data) ?? (await freeRange());
  const env = { ...process.env, ...options.env, INTERCO_DATA: data, INTERCO_PORT: String(port) };
  const words = ["start", ...(options.file ? ["--federation", options.file] : [])];
  const runner = spawn(process.execPath, [program, ...words], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [runner.stdout, runner.stderr])
    stream.on("data", (chunk: Buffer) => (output += chunk));
  const exited = new Promise<number | null>((resolve) => runner.once("exit", resolve));
  const cleanUp = () => {
    if (options.data === undefined) rmSync(data, { recursive: true, force: true });
  };
  try {
    await untilReady(runner, () => output, options.timeoutMs ?? 180_000);
  } catch (error) {
    runner.kill("SIGTERM");
    await exited;
    const logs = lastLogLines(data);
    cleanUp();
    throw new Error(`${error instanceof Error ? error.message : error}\n${logs}`);
  }
  const stop = async () => {
    if (runner.exitCode === null && runner.signalCode === null) runner.kill("SIGINT");
    const code = await exited;
    cleanUp();
    if (code !== 0 && runner.signalCode !== "SIGKILL")
      throw new Error(`the runner ended with ${code}\n${output}`);
  };
  return {
    data,
    port,
    pid: runner.pid ?? 0,
    said: () => readAnnouncement(data),
    output: () => output,
    interco: (...args) => runInterco(args, env),
    stop,
    kill: async () => {
      runner.kill("SIGKILL");
      await exited;
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** How each process ended its log: what the runner's output doesn't say. */
function lastLogLines(data: string): string {
  const folder = join(data, "logs");
  if (!existsSync(folder)) return "";
  return readdirSync(folder)
    .map(
      (name) =>
        `${name}\n${readFileSync(join(folder, name), "utf8").trimEnd().split("\n").slice(-3).join("\n")}`,
    )
    .join("\n");
}

/** The federation that vitest's project `federation` shares between its files. Leave it as you found it. */
export function sharedFederation(): FederationAnnouncement {
  return readAnnouncement(sharedFederationData());
}

/** Its data folder, for `interco` and its files. */
export function sharedFederationData(): string {
  const data = process.env.INTERCO_TEST_FEDERATION;
  if (!data) throw new Error("No shared federation: this test belongs in vitest's project `federation`.");
  return data;
}

/** Runs one `interco` command against the shared federation. */
export async function sharedInterco(...args: string[]): ReturnType<TestFederation["interco"]> {
  return await runInterco(args, { ...process.env, INTERCO_DATA: sharedFederationData() });
}

function readAnnouncement(data: string): FederationAnnouncement {
  return JSON.parse(readFileSync(join(data, "federation.json"), "utf8")) as FederationAnnouncement;
}

async function runInterco(args: string[], env: NodeJS.ProcessEnv): ReturnType<TestFederation["interco"]> {
  return await new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { cwd: root, env }, (error, stdout, stderr) => {
      const code = error && typeof error.code === "number" ? error.code : error ? 1 : 0;
      resolve({ code, stdout, stderr });
    });
  });
}

async function untilReady(runner: ChildProcess, output: () => string, timeoutMs: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`not ready after ${timeoutMs} ms\n${output()}`)),
      timeoutMs,
    );
    runner.once("exit", () => {
      clearTimeout(timer);
      reject(new Error(`the runner stopped while starting\n${output()}`));
    });
    runner.stdout?.on("data", () => {
      if (!/^ready$/m.test(output())) return;
      clearTimeout(timer);
      resolve();
    });
  });
}

/** A data folder keeps its ports for life. */
function portOfData(data: string): number | undefined {
  return readState(dataFolder(data))?.basePort;
}

/**
 * A first port whose parts, mail and first sixty entities find free ports. Below 32768: from there on the system gives ports to
 * outgoing connections, one of which would sooner or later hold the port a site is about to listen on.
 */
async function freeRange(): Promise<number> {
  for (;;) {
    const first = 20_000 + 100 * Math.floor(Math.random() * 120);
    const ports = [...Array.from({ length: 64 }, (_, offset) => first + offset), first + 400];
    const free = await Promise.all(ports.map(portIsFree));
    if (free.every((each) => each)) return first;
  }
}
