import type { Config, HostedEntity } from "../config.ts";
import type { Entity } from "./entity.ts";
import type { Territory } from "./territory.ts";

/** One entity's site: what a host name leads to. */
export interface Site {
  entity: Entity;
  hosted: HostedEntity;
  origin: string;
}

/** Finds sites by the Host header. A host that is no entity's has no site: nothing is guessed from it. */
export class Sites {
  readonly #byHost: Map<string, HostedEntity>;
  readonly #territory: Territory;

  constructor(config: Config, territory: Territory) {
    this.#byHost = new Map(config.entities.map((hosted) => [new URL(hosted.origin).host, hosted]));
    this.#territory = territory;
  }

  findByHost(host: string | undefined): Site | undefined {
    const hosted = host ? this.#byHost.get(host.toLowerCase()) : undefined;
    const entity = hosted && this.#territory.findById(hosted.id);
    return hosted && entity ? { entity, hosted, origin: hosted.origin } : undefined;
  }

  getByEntity(id: string): Site {
    const hosted = [...this.#byHost.values()].find((candidate) => candidate.id === id);
    if (!hosted) throw new Error(`entity ${id} isn't hosted here`);
    return { entity: this.#territory.getById(id), hosted, origin: hosted.origin };
  }
}
