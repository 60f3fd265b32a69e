import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Federation } from "@interco/contracts/federation";
import type { OfficialAgglomeration } from "../federation/official-data.ts";
import { asAdmin } from "../parts/database.ts";
import type { Supervisor } from "../processes/supervisor.ts";
import type { Parts } from "../state/addresses.ts";
import { type DataFolder, repositoryRoot } from "../state/data-folder.ts";
import { type State, writeState } from "../state/state.ts";

/** All an application of a federation works with. */
export interface World {
  folder: DataFolder;
  federation: Federation;
  official: OfficialAgglomeration;
  state: State;
  parts: Parts;
  processes: Supervisor;
  /** Undefined where NATS is somebody else's: it is reloaded by them. */
  natsReload?: (works: () => Promise<boolean>) => Promise<void>;
  say: (line: string) => void;
}

/** Folder that logos, procedures and dispatch tables are found from. */
export function sourceFolder(world: Pick<World, "folder" | "state">): string {
  return resolve(world.folder.root, world.state.source);
}

/** One change to make; its title is what is said when it is done. */
export interface Change {
  title: string;
  run: () => Promise<void>;
}

/** Remembers that `what` was done from `mark`, at once: a failure later on must not do it again. */
export function markDone(world: World, what: string, mark: string): void {
  world.state.done[what] = mark;
  writeState(world.folder, world.state);
}

export function hash(...parts: unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 22);
}

/** Changes with any migration of the program. */
export function migrationsHash(program: "idp" | "instance"): string {
  const folder = join(repositoryRoot, "services", program, "migrations");
  return hash(
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), "utf8")]),
  );
}

/** Database name → its object id, which a database made anew doesn't share. */
export async function databaseIds(adminUrl: string): Promise<Map<string, string>> {
  return await asAdmin(adminUrl, async (client) => {
    const { rows } = await client.query<{ datname: string; oid: number }>(
      "select datname, oid from pg_database",
    );
    return new Map(rows.map((row) => [row.datname, String(row.oid)]));
  });
}
