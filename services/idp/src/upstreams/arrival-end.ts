import type { Logger } from "@interco/platform/log";
import type { Language } from "@interco/ui/messages";
import type { AccountRepository } from "../accounts/account-repository.ts";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { TellChange } from "../my-account/tell-change.ts";
import type { ArrivalRepository } from "./arrival-repository.ts";
import type { IdentityRepository } from "./identity-repository.ts";
import type { Upstream } from "./upstream.ts";
import type { UpstreamSecrets } from "./upstream-secrets.ts";
import type { UpstreamSessionRepository } from "./upstream-session-repository.ts";

export interface ArrivalEndParts {
  upstreams: readonly Upstream[];
  accounts: AccountRepository;
  arrivals: ArrivalRepository;
  identities: IdentityRepository;
  sessions: UpstreamSessionRepository;
  secrets: UpstreamSecrets;
  journal: SignInJournal;
  tellChange: TellChange;
  log: Logger;
}

export interface EndedSignIn {
  interactionUid: string;
  accountId: string;
  clientId: string;
  browser: Buffer | undefined;
  language: Language;
}

/** Called where a sign-in ends, whichever way it went: what came to its account by an upstream is bound to it, and told. */
export type ArrivalEnd = (ended: EndedSignIn) => Promise<void>;

export function arrivalEnd(parts: ArrivalEndParts): ArrivalEnd {
  return async ({ interactionUid, accountId, clientId, browser, language }) => {
    const { upstreams, accounts, arrivals, identities, sessions, secrets, journal, tellChange, log } = parts;
    const arrival = await arrivals.takeProven(interactionUid, accountId);
    if (!arrival) return;
    const { upstream: id, entity } = arrival;
    const upstream = upstreams.find((one) => one.id === id);
    const linked = await identities.link(accountId, arrival);
    // Somebody was faster since it was looked at: the sign-in is right all the same.
    if (!linked) log.warn({ upstream: id }, "an identity could not be bound");
    if (browser) {
      const sealedIdToken = secrets.sealIdToken(browser, secrets.openArrival(arrival).idToken);
      await sessions.keep(browser, { accountId, upstream: id, entity, sealedIdToken });
    }
    if (!linked?.first) return;
    await journal.add({
      kind: "upstream_linked",
      accountId,
      clientId,
      detail: entity ? { upstream: id, entity } : { upstream: id },
    });
    const account = await accounts.find(accountId);
    if (!account || !upstream) return;
    const change = { kind: "upstream_linked", subject: "upstreams.told", text: "upstreams.told.text" };
    await tellChange(account, { ...change, params: { upstream: upstream.name } }, language);
  };
}
