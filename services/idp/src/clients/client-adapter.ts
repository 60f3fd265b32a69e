import type { Adapter, AdapterPayload } from "oidc-provider";
import type { ClientRepository, SiteMetadata } from "./client-repository.ts";

/** oidc-provider's storage for clients. */
export class ClientAdapter implements Adapter {
  readonly #clients: ClientRepository;
  readonly #changed: () => void;

  constructor(clients: ClientRepository, changed: () => void) {
    this.#clients = clients;
    this.#changed = changed;
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    return (await this.#clients.find(id)) as AdapterPayload | undefined;
  }

  async upsert(_id: string, payload: AdapterPayload): Promise<void> {
    await this.#clients.save(payload as unknown as SiteMetadata);
    this.#changed();
  }

  async findByUid(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}
  async consume(): Promise<void> {}
  async revokeByGrantId(): Promise<void> {}

  /** RFC 7592 isn't offered: a client leaves with its entity. */
  async destroy(): Promise<void> {
    throw new Error("clients are not removed through the provider");
  }
}
