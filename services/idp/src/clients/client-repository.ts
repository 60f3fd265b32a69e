import type { Pool } from "pg";

/** RFC 7591 metadata as registered, with what a site adds to it. */
export interface SiteMetadata {
  client_id: string;
  entity: string;
  entity_name: string;
  entity_kind: string;
  entity_origin: string;
  [name: string]: unknown;
}

/** What screens say of a site. */
export interface Site {
  clientId: string;
  entity: string;
  name: string;
  kind: string;
  origin: string;
}

export class ClientRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async find(clientId: string): Promise<SiteMetadata | undefined> {
    const { rows } = await this.#pool.query<{ metadata: SiteMetadata }>({
      name: "client-find",
      text: "select metadata from client where client_id = $1",
      values: [clientId],
    });
    return rows[0]?.metadata;
  }

  async save(metadata: SiteMetadata): Promise<void> {
    await this.#pool.query(
      `insert into client (client_id, entity, metadata) values ($1, $2, $3)
       on conflict (client_id) do update set metadata = excluded.metadata, updated_at = now()`,
      [metadata.client_id, metadata.entity, JSON.stringify(metadata)],
    );
  }

  async list(): Promise<Site[]> {
    const { rows } = await this.#pool.query<{ metadata: SiteMetadata }>(
      "select metadata from client order by metadata->>'entity_kind', metadata->>'entity_name'",
    );
    return rows.map(({ metadata }) => toSite(metadata));
  }
}

export function toSite(metadata: SiteMetadata): Site {
  return {
    clientId: metadata.client_id,
    entity: metadata.entity,
    name: metadata.entity_name,
    kind: metadata.entity_kind,
    origin: metadata.entity_origin,
  };
}
