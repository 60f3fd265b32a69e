import type { State } from "./state.ts";

/** Ports a runner uses, from its first one. Mail's is far above: entities take theirs upwards from the fifth. */
export const portOffsets = { idp: 0, mail: 1, postgres: 2, nats: 3, entities: 4, smtp: 400 } as const;

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
