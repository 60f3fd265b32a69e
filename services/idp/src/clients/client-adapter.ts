import { open, seal } from "@interco/platform/secrets";
import type { Adapter, AdapterPayload } from "oidc-provider";
import type { ClientRepository, SiteMetadata } from "./client-repository.ts";

/** oidc-provider's storage for clients: the sites that registered, and the provider's own. */
export class ClientAdapter implements Adapter {
  readonly #clients: ClientRepository;
  readonly #own: SiteMetadata;
  readonly #sealingKey: Buffer;
  readonly #changed: () => void;

  constructor(clients: ClientRepository, own: SiteMetadata, sealingKey: Buffer, changed: () => void) {
    this.#clients = clients;
    this.#own = own;
    this.#sealingKey = sealingKey;
    this.#changed = changed;
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const found = id === this.#own.client_id ? this.#own : await this.#clients.find(id);
    if (!found) return undefined;
    const { sealed_client_secret: sealed, ...metadata } = found;
    if (typeof sealed !== "string") return metadata as AdapterPayload;
    const secret = open(this.#sealingKey, Buffer.from(sealed, "base64url"), id);
    return { ...metadata, client_secret: secret } as AdapterPayload;
  }

  /** A secret (which a client of a certification profile alone has) is stored sealed: no row works as one. */
  async upsert(id: string, payload: AdapterPayload): Promise<void> {
    const { client_secret: secret, ...metadata } = payload as unknown as SiteMetadata;
    const sealed =
      typeof secret === "string"
        ? { sealed_client_secret: seal(this.#sealingKey, secret, id).toString("base64url") }
        : {};
    await this.#clients.save({ ...metadata, ...sealed } as SiteMetadata);
    this.#changed();
  }

  async findByUid(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}
  async consume(): Promise<void> {}
  async revokeByGrantId(): Promise<void> {}

  /** RFC 7592 §2.3. Its tokens are worth nothing without it: each use of one begins by its own key. */
  async destroy(id: string): Promise<void> {
    await this.#clients.remove(id);
    this.#changed();
  }
}
