import { OWN_CLIENT } from "../clients/own-client.ts";
import { scopesOf } from "../provider/acr.ts";
import type { ProviderClient } from "../provider/provider-internals.ts";
import type { Asking } from "./upstream-offer.ts";

/** Who asks for a sign-in, as far as upstreams are concerned. */
export function askingOf(client: ProviderClient, params: { scope?: unknown }): Asking {
  // One's own account is of no entity.
  return {
    entity: client.clientId === OWN_CLIENT ? undefined : client.entity,
    agent: scopesOf(params).includes("agent"),
  };
}
