import { rmSync } from "node:fs";
import { join } from "node:path";
import { isSameProcess, processIdentity } from "../processes/process-identity.ts";
import { closeDataFolder, type DataFolder, readOrUndefined, writePrivately } from "../state/data-folder.ts";

const file = (folder: DataFolder) => join(folder.root, "runner.json");

/** The runner that now holds this data folder, if any. */
export function runningRunner(folder: DataFolder): number | undefined {
  const text = readOrUndefined(file(folder));
  if (text === undefined) return undefined;
  const { pid, identity } = JSON.parse(text) as { pid: number; identity: string };
  return isSameProcess(pid, identity) ? pid : undefined;
}

/** Takes the data folder for this process. @throws Error in one line when another runner has it, or it can't be closed. */
export function lockDataFolder(folder: DataFolder): void {
  const other = runningRunner(folder);
  if (other !== undefined && other !== process.pid) {
    throw new Error(`This federation already runs (process ${other}, ${folder.root}).`);
  }
  closeDataFolder(folder);
  writePrivately(
    file(folder),
    JSON.stringify({ pid: process.pid, identity: processIdentity(process.pid) ?? "" }),
  );
}

export function unlockDataFolder(folder: DataFolder): void {
  rmSync(file(folder), { force: true });
}
