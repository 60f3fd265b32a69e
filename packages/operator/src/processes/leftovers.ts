import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readPidFile, stopProcess } from "./child-process.ts";
import { isSameProcess, processIdentity } from "./process-identity.ts";

/** The environment variable every child carries, so that it is known by its data folder even without a pid file. */
export const dataFolderMark = "INTERCO_RUNNER_DATA";

/** Children in the order they stop: instances, then the IdP, NATS, PostgreSQL. */
const order = ["idp", "nats", "postgres"];

/**
 * Stops what a runner that died left running over this data folder. Pid files say who; the start time says
 * whether it is still them; on Linux the environment finds those whose file is gone.
 * Returns their names.
 */
export async function stopLeftovers(folder: { root: string; run: string }): Promise<string[]> {
  const stopped: string[] = [];
  const found = pidFiles(folder.run).filter(({ pid, identity }) => isSameProcess(pid, identity));
  const rank = (name: string) => order.indexOf(name);
  for (const group of [-1, 0, 1, 2]) {
    const members = found.filter((file) => rank(file.name) === group);
    await Promise.all(members.map((file) => stopProcess(file, 5_000)));
    stopped.push(...members.map((file) => file.name));
  }
  for (const pid of markedProcesses(folder.root)) {
    const identity = processIdentity(pid);
    if (!identity) continue;
    // SIGINT is a clean stop for every program the runner starts.
    await stopProcess({ pid, identity, stopSignal: "SIGINT" }, 5_000);
    stopped.push(`process ${pid}`);
  }
  rmSync(folder.run, { recursive: true, force: true });
  return stopped;
}

function pidFiles(run: string) {
  try {
    return readdirSync(run)
      .filter((name) => name.endsWith(".json"))
      .flatMap((name) => readPidFile(join(run, name)) ?? []);
  } catch {
    return [];
  }
}

/** Processes marked with this data folder whose parent isn't: PostgreSQL's own children follow it. */
export function markedProcesses(root: string): number[] {
  if (process.platform !== "linux") return [];
  const wanted = `\0${dataFolderMark}=${root}\0`;
  const pids = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? Number(name) : []));
  const ours = new Set(
    pids.filter((pid) => pid !== process.pid && `\0${read(`/proc/${pid}/environ`)}\0`.includes(wanted)),
  );
  return [...ours].filter((pid) => !ours.has(parentOf(pid)));
}

function parentOf(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
