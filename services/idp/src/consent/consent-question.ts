import type { AccountRow } from "../accounts/account-repository.ts";
import { neededScopes } from "../clients/client-metadata.ts";
import type { ProviderClient } from "../provider/provider-internals.ts";

/** What a site asks a person to let it have. */
export interface ConsentQuestion {
  /** What the answer is about. */
  scopes: string[];
  /** Without it nobody is signed in there; else who refuses is, and the site does without. */
  required: boolean;
}

/**
 * @param missing the scopes nobody answered for yet; none where the site wants the question asked again (`prompt=consent`)
 * @param asked all it asks for
 */
export function consentQuestion(
  client: Pick<ProviderClient, "consent" | "needed_scopes">,
  asked: readonly string[],
  missing: readonly string[],
): ConsentQuestion {
  const needed = neededScopes(client);
  const open = (missing.length > 0 ? missing : asked).filter((scope) => !needed.has(scope));
  // Asked again by a site that has no more than it needs: that is what the page shows.
  const again = open.length === 0;
  return { scopes: [...(again ? asked : open)], required: again || client.consent === "always" };
}

/** What each scope gives, with what is there of it: a person sees what would be sent, not its name. */
export function whatIsGiven(
  scopes: readonly string[],
  account: AccountRow,
  say: (key: string, params?: object) => string,
): { term: string; text: string }[] {
  const facts: Record<string, { term: string; text: string }[]> = {
    openid: [{ term: say("consent.openid"), text: say("consent.openid-text") }],
    profile: [
      { term: say("consent.name"), text: `${account.givenName} ${account.familyName}` },
      { term: say("consent.kind"), text: say(`consent.kind-${account.kind}`) },
    ],
    email: [{ term: say("consent.email"), text: account.email }],
    agent: [{ term: say("consent.agent"), text: say("consent.agent-text") }],
    offline_access: [{ term: say("consent.offline"), text: say("consent.offline-text") }],
    requests: [{ term: say("consent.requests"), text: say("consent.requests-text") }],
  };
  return scopes.flatMap((scope) => facts[scope] ?? []);
}
