import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { Federation } from "@interco/contracts/federation";
import { newState } from "../apply/identities.ts";
import { readFederation } from "../federation/federation-file.ts";
import { type DataFolder, repositoryRoot, writePrivately } from "../state/data-folder.ts";
import { readState, type State, writeState } from "../state/state.ts";

/**
 * The data folder's own federation.yaml and state. The first time, the file is copied from the demonstration's or
 * from `chosen`; from then on the copy is the one to edit.
 *
 * @throws Error in one line when the folder already runs something else than what is asked.
 */
export function liveFederation(
  folder: DataFolder,
  chosen: string | undefined,
  basePort: number | undefined,
): { federation: Federation; state: State } {
  const original = resolve(chosen ?? join(repositoryRoot, "deploy/demo/federation.yaml"));
  let state = readState(folder);
  if (!state || !existsSync(folder.federation)) {
    if (!existsSync(original)) throw new Error(`There is no file ${original}.`);
    readFederation(original);
    writePrivately(folder.federation, readFileSync(original, "utf8"));
    state ??= newState(basePort ?? 4400, relative(folder.root, dirname(original)));
    writeState(folder, state);
  } else if (chosen !== undefined && isAnother(folder, original)) {
    throw new Error(
      `${folder.root} already runs another federation: use --fresh, or another INTERCO_DATA. Nothing was changed.`,
    );
  }
  if (basePort !== undefined && state.basePort !== basePort) {
    throw new Error(
      `${folder.root} uses the ports from ${state.basePort} on, for life: use --fresh, or another INTERCO_DATA.`,
    );
  }
  return { federation: readFederation(folder.federation), state };
}

/** A copy that was edited since is still the same federation: its agglomeration tells. */
function isAnother(folder: DataFolder, original: string): boolean {
  if (readFileSync(original, "utf8") === readFileSync(folder.federation, "utf8")) return false;
  const [ours, theirs] = [readFederation(folder.federation), readFederation(original)];
  return ours.agglomeration !== theirs.agglomeration || ours.instances.length < theirs.instances.length;
}
