import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { serviceFetch } from "@interco/platform/http-client";
import { type DataFolder, repositoryRoot } from "../state/data-folder.ts";
import { dataFolderMark } from "./leftovers.ts";
import type { SupervisedSpec } from "./supervisor.ts";

/** Which program a service is: `services/idp` or `services/instance`. */
export type Program = "idp" | "instance";

/**
 * How large the memory is that a process makes new objects in. Communes' instances idle most of the day, and there are dozens
 * of them: half Node's own spares up to 24 MB each; less makes a list's page take a sixth longer. The identity provider's live
 * objects take 45 MB, and Node's own would let them stand in 180 after a thousand sign-ins. What shows the whole territory's
 * lists gets Node's own. (`--optimize-for-size` spares nothing here, and makes a page take twice its time.)
 */
const NURSERY_FLAGS = { half: ["--max-semi-space-size=8"], whole: [] };

const passedOn = [
  "PATH",
  "HOME",
  "LANG",
  "TZ",
  "TMPDIR",
  "NODE_OPTIONS",
  "INTERCO_LOG",
  "NODE_EXTRA_CA_CERTS",
];

/** The environment of a child: nothing of the runner's but what it needs, and the mark of the data folder. */
export function childEnvironment(folder: DataFolder): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { [dataFolderMark]: folder.root, MALLOC_ARENA_MAX: "2" };
  for (const name of passedOn) if (process.env[name] !== undefined) environment[name] = process.env[name];
  return environment;
}

function programFile(program: Program): string {
  return join(repositoryRoot, "services", program, "src", "server.ts");
}

function environmentOf(folder: DataFolder, service: string): NodeJS.ProcessEnv {
  return {
    ...childEnvironment(folder),
    INTERCO_CONFIG: folder.config(service),
    NODE_COMPILE_CACHE: join(repositoryRoot, "node_modules", ".cache", "interco-compiled"),
  };
}

/** The process that serves, ready when `/health/ready` on `origin` says so. */
export function serviceSpec(
  folder: DataFolder,
  service: {
    name: string;
    program: Program;
    origin: string;
    mark: string;
    nursery: keyof typeof NURSERY_FLAGS;
  },
): SupervisedSpec {
  return {
    child: {
      name: service.name,
      command: process.execPath,
      args: [...NURSERY_FLAGS[service.nursery], programFile(service.program)],
      cwd: repositoryRoot,
      env: environmentOf(folder, service.name),
    },
    mark: service.mark,
    ready: async () => (await serviceFetch(`${service.origin}/health/ready`)).ok,
  };
}

const running = new Set<ChildProcess>();

/** Kills the commands still running: a stop in the middle of a start leaves no process. Each is one transaction. */
export async function killServiceCommands(): Promise<void> {
  const ended = [...running].map((child) => new Promise((resolve) => child.once("close", resolve)));
  for (const child of running) child.kill("SIGKILL");
  await Promise.all(ended);
}

/**
 * Runs one command of a service (`migrate`, `seed`, `status`, `rebuild <entity id>`, `replay <entity id>`, `name-administrator <e-mail>`) to its
 * end, with `input` on its stdin. Returns its stdout.
 *
 * @throws Error with the last lines it wrote when it fails.
 */
export async function runServiceCommand(
  folder: DataFolder,
  service: { name: string; program: Program },
  command: ["migrate"] | ["seed"] | ["status"] | ["rebuild" | "replay" | "name-administrator", string],
  input = "",
): Promise<string> {
  const child = spawn(process.execPath, [programFile(service.program), ...command], {
    cwd: repositoryRoot,
    env: environmentOf(folder, service.name),
    stdio: ["pipe", "pipe", "pipe"],
  });
  running.add(child);
  child.once("close", () => running.delete(child));
  const output = collect(child.stdout);
  const errors = collect(child.stderr);
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const text = await output;
  if (code === 0) return text;
  const last = `${text}\n${await errors}`.trim().split("\n").slice(-15).join("\n");
  throw new Error(`${service.name}: ${command[0]} failed.\n${last}`);
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
