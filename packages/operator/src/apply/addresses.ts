import { portOffsets } from "./identities.ts";
import type { State } from "./state.ts";

/** Where the parts are that aren't ours to choose when they come from outside. */
export interface Parts {
  /** Administrator's URL of PostgreSQL. */
  postgres: string;
  nats: string;
  smtp: string;
}

/** `http://woippy.localhost:4405`; undefined for who has no site. */
export function originOf(state: State, code: string): string | undefined {
  const site = state.entities[code]?.site;
  return site && `http://${site.slug}.localhost:${site.port}`;
}

export function issuerOf(state: State, idpSlug: string): string {
  return `http://${idpSlug}.localhost:${portOf(state, "idp")}`;
}

export function portOf(state: State, part: keyof typeof portOffsets): number {
  return state.basePort + portOffsets[part];
}

/** A database's name: `interco_woippy`; names of instances have dashes, identifiers don't. */
export function databaseName(service: string): string {
  return `interco_${service.replaceAll("-", "_")}`;
}
