import type { AccountRepository } from "../accounts/account-repository.ts";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { EndSessions } from "../logout/end-sessions.ts";
import type { MailQueue } from "../mail/mail-queue.ts";
import type { AccountLetters } from "./account-letters.ts";
import type { AccountLifeRepository, SeenArrival } from "./account-life-repository.ts";

export interface AccountLifeParts {
  accounts: AccountRepository;
  lives: AccountLifeRepository;
  letters: AccountLetters;
  mails: MailQueue;
  journal: SignInJournal;
  endSessions: EndSessions;
}

/** What one run of a chore does at most, so that no run is long; the next one goes on. */
const AT_ONCE = 100;

/**
 * Somebody signed in: their account lives, and a deletion they had asked for is off, of which they are told. False where the
 * account lets nobody in until its password was recovered.
 */
export async function arrive(parts: AccountLifeParts, seen: SeenArrival): Promise<boolean> {
  const { accounts, lives, letters, mails, journal } = parts;
  const { accountId, language } = seen;
  const arrived = await lives.arrive(seen);
  if (!arrived?.deletionAsked) return arrived !== undefined;
  const account = await accounts.find(accountId);
  if (account && (await lives.keep(accountId, letters.kept(account, language)))) {
    mails.wake();
    await journal.add({ kind: "deletion_cancelled", accountId });
  }
  return true;
}

/** Warns whom nobody has seen for long, for the first and the last time. */
export async function warnInactive({ lives, letters, mails, journal }: AccountLifeParts): Promise<void> {
  for (const warned of [0, 1] as const) {
    for (const { account, goesAt, language } of await lives.toWarn(warned, AT_ONCE)) {
      if (!(await lives.warn(account.id, warned, letters.warned(account, goesAt, language)))) continue;
      await journal.add({
        kind: "warned_of_inactivity",
        accountId: account.id,
        detail: { time: warned + 1 },
      });
    }
  }
  mails.wake();
}

/**
 * Erases accounts whose time has come. What stays of them is the journal's lines, which hold an id that leads nowhere any more
 * and go with their time (`forget_sign_in_events`).
 */
export async function eraseDue(parts: AccountLifeParts): Promise<void> {
  const { lives, letters, mails, journal, endSessions } = parts;
  for (const { account, language } of await lives.toErase(AT_ONCE)) {
    if (!(await lives.erase(account.id, letters.erased(account, language)))) continue;
    await endSessions(account.id, { reason: "erased" });
    await journal.add({ kind: "account_erased", accountId: account.id });
  }
  mails.wake();
}
