import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import {
  type ChildFolders,
  type ChildSpec,
  type RunningChild,
  startChild,
} from "../processes/child-process.ts";
import { type PostgresBinaries, postgresBinaries, unprivileged } from "./postgres-binaries.ts";

const run = promisify(execFile);

export interface EmbeddedPostgresOptions {
  /** Holds the cluster and, beside it, its administrator's password. */
  folder: string;
  port: number;
  children: ChildFolders;
  /** Extra `-c name=value` settings. */
  settings?: Record<string, string>;
  /** Another PostgreSQL than the one that came from npm. */
  binaries?: PostgresBinaries;
}

/** The administrator's URL; the password was drawn when the cluster was made and stays in its folder. */
export function embeddedPostgresUrl(folder: string, port: number): string {
  const password = readFileSync(join(folder, "password"), "utf8");
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
}

/** Makes the cluster if there is none. A half-made one (its last file is missing) is made again. */
export async function initialisePostgres(
  folder: string,
  { initdb }: PostgresBinaries = postgresBinaries(),
): Promise<void> {
  const data = join(folder, "data");
  const done = join(folder, "password");
  const { prefix, uid, gid } = unprivileged();
  if (gid !== undefined) letThrough(dirname(folder), gid);
  if (existsSync(done)) return;
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const password = randomBytes(24).toString("base64url");
  const passwordFile = join(folder, "password.new");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (uid !== undefined && gid !== undefined) {
    for (const path of [folder, data, passwordFile]) chownSync(path, uid, gid);
  }
  const words = [
    ...prefix,
    initdb,
    `--pgdata=${data}`,
    "--username=postgres",
    "--auth=scram-sha-256",
    `--pwfile=${passwordFile}`,
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--no-instructions",
  ];
  // initdb's own fsync of a new, empty cluster protects nothing we couldn't make again.
  await run(words[0] ?? initdb, [...words.slice(1), "--no-sync"], { uid, gid });
  rmSync(passwordFile);
  writeFileSync(done, password, { mode: 0o600 });
}

/** PostgreSQL's own account must come to its cluster through a folder that is closed to all others. */
function letThrough(folder: string, gid: number): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chownSync(folder, -1, gid);
  chmodSync(folder, 0o710);
}

/** The child to start: PostgreSQL on loopback TCP only, no Unix socket, no superfluous log. */
export function postgresSpec(options: Omit<EmbeddedPostgresOptions, "children">): ChildSpec {
  const { postgres } = options.binaries ?? postgresBinaries();
  const { prefix, uid, gid } = unprivileged();
  const settings: Record<string, string> = {
    listen_addresses: "127.0.0.1",
    port: String(options.port),
    unix_socket_directories: "",
    max_connections: "600",
    password_encryption: "scram-sha-256",
    max_wal_size: "512MB",
    ...options.settings,
  };
  const words = [
    ...prefix,
    postgres,
    "-D",
    join(options.folder, "data"),
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ];
  return {
    name: "postgres",
    command: words[0] ?? postgres,
    args: words.slice(1),
    cwd: dirname(options.folder),
    stopSignal: "SIGINT",
    // Its "immediate shutdown": no checkpoint, and what was committed is read from its log at the next start.
    quitSignal: "SIGQUIT",
    uid,
    gid,
  };
}

/** Makes the cluster if needed, starts it and waits until it answers. */
export async function startPostgres(
  options: EmbeddedPostgresOptions,
): Promise<{ url: string; child: RunningChild }> {
  await initialisePostgres(options.folder, options.binaries);
  const child = await startChild(postgresSpec(options), options.children);
  const url = embeddedPostgresUrl(options.folder, options.port);
  await Promise.race([
    postgresAnswers(url, 30_000),
    child.exited.then((how) => {
      throw new Error(`PostgreSQL stopped at once (${how}): see ${child.logFile}`);
    }),
  ]);
  return { url, child };
}

/** Settles when the server takes a connection; throws its last refusal after `timeoutMs`. */
export async function postgresAnswers(url: string, timeoutMs: number): Promise<void> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      await client.end().catch(() => {});
      if (Date.now() > end) throw error;
      await delay(40);
    }
  }
}
