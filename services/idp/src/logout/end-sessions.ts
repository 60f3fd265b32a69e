import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { LogoutQueue } from "./logout-queue.ts";
import type { SessionEndingsRepository } from "./session-endings-repository.ts";

export interface EndSessionsOptions {
  /** The uid of a session that goes on. */
  except?: string | undefined;
  /** The uid of the one session that ends; nothing happens where it is another account's. */
  only?: string | undefined;
  /** Why, for the journal: one word. */
  reason: string;
  /** The account of the administrator who ends them. */
  by?: string | undefined;
}

export type EndSessions = (accountId: string, options: EndSessionsOptions) => Promise<number>;

export interface EndSessionsParts {
  endings: SessionEndingsRepository;
  logouts: LogoutQueue;
  journal: SignInJournal;
}

/**
 * What ends an account's sessions here and at every site they went to (OpenID Connect Back-Channel Logout 1.0): sessions,
 * grants, codes and tokens are gone when it returns, how many sessions were; sites are told at once, without being waited for.
 */
export function sessionEnder({ endings, logouts, journal }: EndSessionsParts): EndSessions {
  return async (accountId, { except, only, reason, by }) => {
    const ended = await endings.end({ accountId, except: except ?? null, only: only ?? null });
    if (ended === 0) return 0;
    logouts.wake();
    await journal.add({
      kind: "sessions_ended",
      accountId,
      detail: { reason, sessions: ended, ...(by ? { by } : {}) },
    });
    return ended;
  };
}
