/**
 * The only file that reaches below oidc-provider's documented surface (written against 9.13). What it changes,
 * and the test that would fail if a new version moved it:
 * - `Client.find` keeps clients for some seconds, since it else reads and hashes one at every request;
 * - `Client#backchannelLogout` queues instead of sending once ("a site that was down is told later");
 * - a refresh token serves any entity's audience, not only those named at sign-in ("one exchange gives one audience");
 * - `registerResponseMode` gives `form_post` our page, since its own posts itself by an inline script ("form post").
 */

import { entityOfUrn } from "@interco/contracts/entity-urn";
import Provider, { type KoaContextWithOIDC } from "oidc-provider";

export type ProviderClient = InstanceType<Provider["Client"]> & {
  entity: string;
  entity_name: string;
  entity_kind: string;
  entity_origin: string;
  needed_scopes: string;
  consent: "always" | "extra";
  purpose?: string;
  purpose_en?: string;
  require_pkce: boolean;
  backchannelLogout(accountId: string, sid: string): Promise<void>;
};

/** How long a change of a client made by another process may go unseen. */
const CLIENT_KEPT_MS = 10_000;

type FindClient = (id: string) => Promise<ProviderClient | undefined>;

/** Keeps clients in memory. Returns what forgets them, for a client that was registered here. */
export function keepClients(provider: Provider): () => void {
  const Client = provider.Client as unknown as { find: FindClient };
  const find = Client.find.bind(Client);
  const kept = new Map<string, { client: Promise<ProviderClient | undefined>; until: number }>();
  Client.find = async (id) => {
    const known = kept.get(id);
    if (known && known.until > Date.now()) return known.client;
    const client = find(id);
    // Unknown ids are chosen by whoever asks: they are never kept.
    if (await client) kept.set(id, { client, until: Date.now() + CLIENT_KEPT_MS });
    return client;
  };
  return () => kept.clear();
}

export type SendLogout = (client: ProviderClient, accountId: string, sid: string) => Promise<void>;

/** Gives every back-channel logout to `queue`. Returns what signs a fresh logout token and sends it once. */
export function queueBackchannelLogouts(provider: Provider, queue: SendLogout): SendLogout {
  const prototype = provider.Client.prototype as unknown as ProviderClient;
  const send = prototype.backchannelLogout;
  prototype.backchannelLogout = function (accountId, sid) {
    return queue(this, accountId, sid);
  };
  return (client, accountId, sid) => send.call(client, accountId, sid);
}

interface ScopedGrant {
  getResourceScopeFiltered(resource: string, filter: unknown): string;
}

/** Lets codes and refresh tokens be exchanged for the audience of any entity, with the scope `scope`. */
export function openToEntityAudiences(provider: Provider, scope: string): void {
  const everyEntity = { has: (resource: string) => entityOfUrn(resource) !== undefined };
  for (const token of [provider.RefreshToken, provider.AuthorizationCode]) {
    Object.defineProperty(token.prototype, "resourceIndicators", { get: () => everyEntity });
  }
  const grant = provider.Grant.prototype as unknown as ScopedGrant;
  const granted = grant.getResourceScopeFiltered;
  grant.getResourceScopeFiltered = function (resource, filter) {
    return entityOfUrn(resource) ? scope : granted.call(this, resource, filter);
  };
}

/** Answers a site by a form the browser posts to it (OAuth 2.0 Form Post Response Mode). */
export type FormPost = (ctx: KoaContextWithOIDC, action: string, values: Record<string, unknown>) => void;

/** oidc-provider, but for the page of `response_mode=form_post`. */
export function providerWithFormPost(formPost: FormPost): typeof Provider {
  return class extends Provider {
    override registerResponseMode(name: string, handler: never): void {
      super.registerResponseMode(name, name === "form_post" ? (formPost as never) : handler);
    }
  };
}
