import type { ProviderClient } from "../provider/provider-internals.ts";
import { askingOf } from "./asking.ts";
import type { Upstream } from "./upstream.ts";
import { isOffered } from "./upstream-offer.ts";

/** One way to sign in, beside a password. */
export interface UpstreamButton {
  kind: Upstream["kind"];
  name: string;
  href: string;
}

export type UpstreamButtons = (
  uid: string,
  client: ProviderClient,
  params: { scope?: unknown },
) => UpstreamButton[];

/** The buttons of a sign-in page, in the order of the configuration. */
export function upstreamButtons(upstreams: readonly Upstream[]): UpstreamButtons {
  return (uid, client, params) =>
    upstreams
      .filter((upstream) => isOffered(upstream, askingOf(client, params)))
      .map(({ id, kind, name }) => ({
        kind,
        name,
        href: `/connexion/${uid}/avec/${id}?${new URLSearchParams({ site: client.clientId })}`,
      }));
}
