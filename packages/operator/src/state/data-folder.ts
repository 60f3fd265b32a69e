import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** The paths below `$INTERCO_DATA`. */
export interface DataFolder {
  root: string;
  federation: string;
  state: string;
  /** What scripts read once the federation is ready. */
  announcement: string;
  postgres: string;
  nats: string;
  run: string;
  logs: string;
  config(service: string): string;
}

export function dataFolder(root: string): DataFolder {
  const at = (...names: string[]) => join(root, ...names);
  return {
    root,
    federation: at("federation.yaml"),
    state: at("state.json"),
    announcement: at("federation.json"),
    postgres: at("postgres"),
    nats: at("nats"),
    run: at("run"),
    logs: at("logs"),
    config: (service) => at("config", `${service}.json`),
  };
}

/** The repository the operator runs from: where the services' programs are. */
export const repositoryRoot = resolve(import.meta.dirname, "../../../..");

/** `$INTERCO_DATA`, or `.interco` in the repository. */
export function dataFolderFromEnvironment(): DataFolder {
  return dataFolder(resolve(process.env.INTERCO_DATA ?? join(repositoryRoot, ".interco")));
}

/**
 * Where the runner's socket is, as this process must name it: a Unix socket's path holds 108 bytes, and the
 * one from the working directory may fit where the absolute one doesn't.
 */
export function socketPath(folder: DataFolder): string {
  const absolute = join(folder.root, "runner.sock");
  const near = relative(process.cwd(), absolute);
  const path = near.length < absolute.length ? near : absolute;
  if (Buffer.byteLength(path) > 107)
    throw new Error(`The path of the data folder is too long for a socket: ${path}`);
  return path;
}

/**
 * Makes the data folder if there is none, and closes it to others: it holds every key and password of the federation.
 *
 * @throws Error in one line when it is a folder everybody writes in, such as /tmp itself.
 */
export function closeDataFolder({ root }: DataFolder): void {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const { mode } = statSync(root);
  const sticky = 0o1000;
  if (mode & sticky) throw new Error(`${root} is everybody's: give INTERCO_DATA a folder of its own.`);
  chmodSync(root, 0o700);
}

/** Writes a file whole or not at all, readable by its owner only. Says whether its content changed. */
export function writePrivately(path: string, text: string): boolean {
  if (readOrUndefined(path) === text) return false;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return true;
}

export function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
