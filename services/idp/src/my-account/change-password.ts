import type { Language } from "@interco/ui/messages";
import type { AccountRow } from "../accounts/account-repository.ts";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { PasswordHasher } from "../credentials/password-hash.ts";
import type { ThrottleRepository } from "../credentials/throttle-repository.ts";
import type { EndSessions } from "../logout/end-sessions.ts";
import type { MailQueue } from "../mail/mail-queue.ts";
import type { OwnAccountRepository } from "./own-account-repository.ts";
import type { ChangeLetters } from "./tell-change.ts";

export interface ChangePasswordParts {
  own: OwnAccountRepository;
  hasher: PasswordHasher;
  throttle: ThrottleRepository;
  journal: SignInJournal;
  changes: ChangeLetters;
  mails: MailQueue;
  endSessions: EndSessions;
}

export interface PasswordWish {
  current: string;
  password: string;
  /** Where it comes from, for throttling. */
  address: string;
  /** The session that goes on. */
  sessionUid: string;
  language: Language;
}

export type PasswordChange = "changed" | "wrong" | { waitSeconds: number };

/**
 * Changes a password where the present one is known, ends every other session, and tells of it. Wrong ones are delayed like
 * those of a sign-in, with which they count: a session left open is no place to guess.
 * @throws TooBusy
 */
export async function changePassword(
  parts: ChangePasswordParts,
  account: AccountRow,
  wish: PasswordWish,
): Promise<PasswordChange> {
  const { own, hasher, throttle, journal, changes, mails, endSessions } = parts;
  const attempt = throttle.attempt(account.email, wish.address);
  const { waitSeconds } = await throttle.begin(attempt);
  if (waitSeconds > 0) return { waitSeconds };
  if (!(await hasher.verify(await own.passwordHash(account.id), wish.current))) {
    await journal.add({ kind: "refused", accountId: account.id, addressKey: attempt.network });
    return "wrong";
  }
  await throttle.succeed(attempt);
  const hash = await hasher.hash(wish.password);
  const change = {
    kind: "password_changed",
    subject: "my-account.told.password",
    text: "my-account.told.password.text",
  };
  // Shut while the password was hashed: whoever is here has no say any more.
  const set = await own.setPassword(account.id, hash, changes.of(account, change, wish.language));
  if (!set) return "wrong";
  mails.wake();
  await journal.add({ kind: "password_changed", accountId: account.id, addressKey: attempt.network });
  await endSessions(account.id, { except: wish.sessionUid, reason: "password_changed" });
  return "changed";
}
