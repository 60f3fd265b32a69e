import type { Pool } from "pg";
import { SITE_KINDS } from "./client-metadata.ts";

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

  async remove(clientId: string): Promise<void> {
    await this.#pool.query("delete from client where client_id = $1", [clientId]);
  }

  async findByRegistrationKey(key: Buffer): Promise<string | undefined> {
    const { rows } = await this.#pool.query<{ id: string }>(
      "select client_id as id from client where registration_key = $1",
      [key],
    );
    return rows[0]?.id;
  }

  async setRegistrationKey(clientId: string, key: Buffer): Promise<void> {
    await this.#pool.query("update client set registration_key = $2 where client_id = $1", [clientId, key]);
  }

  async forgetRegistrationKey(key: Buffer): Promise<void> {
    await this.#pool.query("update client set registration_key = null where registration_key = $1", [key]);
  }

  /** The territory's own: what a person may go to from here. */
  async listSites(): Promise<Site[]> {
    return (await this.list()).filter(({ kind }) => SITE_KINDS.includes(kind));
  }

  /** What is registered, and when it last was. */
  async registered(): Promise<{ metadata: SiteMetadata; createdAt: Date; updatedAt: Date }[]> {
    const { rows } = await this.#pool.query<{ metadata: SiteMetadata; createdAt: Date; updatedAt: Date }>(
      `select metadata, created_at as "createdAt", updated_at as "updatedAt" from client
       order by metadata->>'entity_kind', metadata->>'entity_name'`,
    );
    return rows;
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
