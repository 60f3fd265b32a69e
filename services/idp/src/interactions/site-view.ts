import type { Language } from "@interco/ui/messages";
import { OWN_CLIENT } from "../clients/own-client.ts";
import type { ProviderClient } from "../provider/provider-internals.ts";
import type { Pages } from "./page.ts";

/** What pages say of where a sign-in leads. */
export interface SiteView {
  name: string;
  origin: string;
  /** It leads to the provider's own pages, and to no site. */
  own: boolean;
}

export function viewOf(client: ProviderClient, pages: Pages, lang: Language): SiteView {
  const own = client.clientId === OWN_CLIENT;
  const name = own ? pages.translate(lang, "my-account.title") : client.entity_name;
  return { name, origin: client.entity_origin, own };
}
