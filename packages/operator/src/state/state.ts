import type { PrivateJwk } from "@interco/contracts/instance-config";
import { type DataFolder, readOrUndefined, writePrivately } from "./data-folder.ts";

/**
 * What `apply` gave once and must never give again otherwise: ids, ports, short codes, keys, passwords; and the
 * marks of what it has done. Kept in `$INTERCO_DATA/state.json`, 0600.
 */
export interface State {
  version: 1;
  /** Folder of the federation.yaml the live file was copied from, relative to the data folder. */
  source: string;
  basePort: number;
  idp: { key: string; initialAccessToken: string; operatorToken: string; database: Passwords };
  /** By public code (or partner's code): every body of the territory. */
  entities: Record<string, EntityState>;
  instances: Record<string, InstanceState>;
  /** By e-mail. */
  accounts: Record<string, AccountState>;
  /** Marks of what was done, each with what it was done from: `migrations idp` → a hash. */
  done: Record<string, string>;
}

export interface Passwords {
  owner: string;
  service: string;
  worker: string;
}

export interface EntityState {
  id: string;
  shortCode: string;
  /** Only those with a site. */
  site?: { slug: string; port: number; trackingKey: string; privateJwk: PrivateJwk; clientId?: string };
}

export interface InstanceState {
  key: string;
  natsPassword: string;
  database: Passwords;
}

export interface AccountState {
  password: string;
  /** Base32 secret of the authenticator program of whoever works in a backoffice. */
  totp?: string;
  accountId?: string;
  agentId?: string | null;
}

export function readState(folder: DataFolder): State | undefined {
  const text = readOrUndefined(folder.state);
  return text === undefined ? undefined : (JSON.parse(text) as State);
}

export function writeState(folder: DataFolder, state: State): void {
  writePrivately(folder.state, `${JSON.stringify(state, null, 2)}\n`);
}
