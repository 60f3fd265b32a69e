import type { Language } from "@interco/ui/messages";
import type { AccountRow } from "../accounts/account-repository.ts";
import type { EndSessions } from "../logout/end-sessions.ts";
import type { TellChange } from "../my-account/tell-change.ts";

export type FactorChange = `${"passkey" | "authenticator" | "codes"}-${"added" | "removed"}`;

/**
 * Tells the person of a second factor added or removed, and ends what is signed in elsewhere: sessions that showed less than will
 * be asked from now on, or showed what is gone.
 */
export type TellFactor = (
  account: AccountRow,
  change: FactorChange,
  language: Language,
  options: { except?: string | undefined },
) => Promise<void>;

export interface TellFactorParts {
  tellFactor: TellFactor;
}

export function factorTeller(parts: { tellChange: TellChange; endSessions: EndSessions }): TellFactor {
  return async (account, change, language, { except }) => {
    const kind = change.endsWith("-added") ? "factor_added" : "factor_removed";
    await parts.endSessions(account.id, { except, reason: kind });
    const subject = `factors.told.${change}`;
    await parts.tellChange(account, { kind, subject, text: `${subject}.text` }, language);
  };
}
