import { hashToken } from "@interco/platform/secrets";
import type { Adapter, AdapterPayload } from "oidc-provider";
import type { ClientRepository } from "./client-repository.ts";

/**
 * oidc-provider's storage for registration access tokens (RFC 7592 §3): a client has one, of which its row keeps the hash.
 * Registering again gives another; the one before is worth nothing then.
 */
export class RegistrationTokenAdapter implements Adapter {
  readonly #clients: ClientRepository;

  constructor(clients: ClientRepository) {
    this.#clients = clients;
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const clientId = await this.#clients.findByRegistrationKey(hashToken(id));
    return clientId === undefined ? undefined : { kind: "RegistrationAccessToken", jti: id, clientId };
  }

  async upsert(id: string, payload: AdapterPayload): Promise<void> {
    await this.#clients.setRegistrationKey(payload.clientId ?? "", hashToken(id));
  }

  async findByUid(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}
  async consume(): Promise<void> {}
  async revokeByGrantId(): Promise<void> {}

  async destroy(id: string): Promise<void> {
    await this.#clients.forgetRegistrationKey(hashToken(id));
  }
}
