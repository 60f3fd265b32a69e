import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, fchmodSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isSameProcess, processIdentity } from "./process-identity.ts";

/** How to start one child of the runner. */
export interface ChildSpec {
  name: string;
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Signal of a clean stop; PostgreSQL wants SIGINT (its SIGTERM waits for clients to leave). */
  stopSignal?: NodeJS.Signals;
  /**
   * What is sent before SIGKILL to one that takes too long. A program with children of its own takes them along then; killed
   * outright it leaves them, and PostgreSQL can't start again while one of them holds its memory.
   */
  quitSignal?: NodeJS.Signals;
  uid?: number;
  gid?: number;
}

/** Where children leave their pid files (`run/`) and their output (`logs/`). */
export interface ChildFolders {
  run: string;
  logs: string;
}

export interface RunningChild {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Settles when the process is gone, with its exit code or the signal's name. */
  readonly exited: Promise<string>;
  stop(timeoutMs?: number): Promise<void>;
}

/** A process that may have to be stopped, and how. */
export interface Stoppable {
  pid: number;
  identity: string;
  stopSignal: NodeJS.Signals;
  quitSignal?: NodeJS.Signals | undefined;
}

interface PidFile extends Stoppable {
  name: string;
}

/** How long a process may take after its `quitSignal`. */
const QUIT_MS = 800;

/**
 * Starts a child in its own session, so that the terminal's Ctrl-C reaches the runner alone and the runner
 * chooses the order, and writes its pid file, by which a later runner finds what a dead one left.
 */
export async function startChild(spec: ChildSpec, folders: ChildFolders): Promise<RunningChild> {
  mkdirSync(folders.run, { recursive: true, mode: 0o700 });
  mkdirSync(folders.logs, { recursive: true, mode: 0o700 });
  const logFile = join(folders.logs, `${spec.name}.log`);
  const output = openSync(logFile, "a", 0o600);
  // One that an earlier version left keeps its mode else.
  fchmodSync(output, 0o600);
  let child: ChildProcess;
  try {
    child = spawn(spec.command, spec.args, {
      detached: true,
      stdio: ["ignore", output, output],
      cwd: spec.cwd,
      env: spec.env ?? process.env,
      uid: spec.uid,
      gid: spec.gid,
    });
  } finally {
    closeSync(output);
  }
  const exited = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ?? `code ${code}`));
    child.once("error", (error) => resolve(error.message));
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${spec.name} could not be started: ${await exited}`);
  child.unref();
  const stopSignal = spec.stopSignal ?? "SIGTERM";
  const pidFile = join(folders.run, `${spec.name}.json`);
  const identity = processIdentity(pid) ?? "";
  const content: PidFile = { name: spec.name, pid, identity, stopSignal, quitSignal: spec.quitSignal };
  writeFileSync(pidFile, JSON.stringify(content), { mode: 0o600 });
  const forget = exited.then((how) => {
    // A restarted child wrote the file anew: only the file of this very process goes.
    if (readPidFile(pidFile)?.pid === pid) rmSync(pidFile, { force: true });
    return how;
  });
  return {
    name: spec.name,
    pid,
    logFile,
    exited: forget,
    stop: async (timeoutMs = 5_000) => {
      // Whoever stops it waits for its end: else a program with nothing else to do would leave before.
      child.ref();
      await stopProcess(content, timeoutMs);
      await forget;
    },
  };
}

/**
 * Sends the signal, waits, quits and kills at the end of `timeoutMs`. Does nothing when the process is gone or when another one
 * now has its pid.
 */
export async function stopProcess(
  { pid, identity, stopSignal, quitSignal }: Stoppable,
  timeoutMs: number,
): Promise<void> {
  if (!signalSafely(pid, identity, stopSignal)) return;
  if (await isGoneWithin(pid, identity, timeoutMs)) return;
  if (quitSignal && signalSafely(pid, identity, quitSignal) && (await isGoneWithin(pid, identity, QUIT_MS)))
    return;
  signalSafely(pid, identity, "SIGKILL");
  while (isSameProcess(pid, identity)) await delay(20);
}

async function isGoneWithin(pid: number, identity: string, timeoutMs: number): Promise<boolean> {
  const end = Date.now() + timeoutMs;
  while (isSameProcess(pid, identity)) {
    if (Date.now() >= end) return false;
    await delay(20);
  }
  return true;
}

export function readPidFile(path: string): PidFile | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as PidFile;
  } catch {
    return undefined;
  }
}

function signalSafely(pid: number, identity: string, signal: NodeJS.Signals): boolean {
  if (!isSameProcess(pid, identity)) return false;
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
