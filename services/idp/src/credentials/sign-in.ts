import type { Logger } from "@interco/platform/log";
import type { AccountKind, AccountRepository, AccountRow } from "../accounts/account-repository.ts";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import { isOutdated, type PasswordHasher } from "./password-hash.ts";
import { PASSWORD_LENGTH, passwordLength } from "./password-length.ts";
import type { ThrottleRepository } from "./throttle-repository.ts";

export interface Credentials {
  email: string;
  password: string;
  /** Where they come from, for throttling. */
  address: string;
  clientId: string;
  /** The account meant by somebody who has one of each kind. */
  preferred: AccountKind;
  /** No other kind will do: an account of another one is as if there were none. */
  only?: boolean;
}

/** `deactivated`: the password was right. */
export type SignInResult =
  | { account: AccountRow }
  | { wrong: true }
  | { waitSeconds: number }
  | { deactivated: AccountRow };

export interface SignInParts {
  accounts: AccountRepository;
  hasher: PasswordHasher;
  throttle: ThrottleRepository;
  journal: SignInJournal;
  log: Logger;
}

/**
 * Tries an e-mail and a password, the first factor of a sign-in, which the journal has once it is over. An unknown address gets the same answer after the same work as a wrong password.
 * @throws TooBusy
 */
export async function signIn(parts: SignInParts, credentials: Credentials): Promise<SignInResult> {
  const { accounts, hasher, throttle, journal } = parts;
  const attempt = throttle.attempt(credentials.email, credentials.address);
  const seen = { clientId: credentials.clientId, addressKey: attempt.network };
  const { waitSeconds, first } = await throttle.begin(attempt);
  if (waitSeconds > 0) {
    // One line a block: whoever floods a delay must not fill the journal.
    if (first) await journal.add({ kind: "delayed", ...seen, detail: { waitSeconds } });
    return { waitSeconds };
  }
  const found = await accounts.findForSignIn(credentials.email, credentials.preferred, credentials.only);
  const { password } = credentials;
  const right =
    (await hasher.verify(found?.hash ?? undefined, password)) &&
    passwordLength(password) <= PASSWORD_LENGTH.max;
  if (!found?.hash || !right) {
    await journal.add({ kind: "refused", accountId: found?.account.id, ...seen });
    return { wrong: true };
  }
  await throttle.succeed(attempt);
  if (found.account.deactivated) {
    const detail = { deactivated: found.account.deactivated };
    await journal.add({ kind: "refused", accountId: found.account.id, ...seen, detail });
    return { deactivated: found.account };
  }
  if (isOutdated(found.hash)) void renewHash(parts, found.account.id, found.hash, password);
  return { account: found.account };
}

/**
 * Hashes a password again where parameters have changed since (ASVS 5, V11.4.2). Nobody waits for it: it is done only when no
 * other password is being looked at, else at a later sign-in; and stored only where the row still holds the hash that was right.
 */
async function renewHash(
  { accounts, hasher, log }: SignInParts,
  accountId: string,
  outdated: string,
  password: string,
): Promise<void> {
  try {
    const hash = await hasher.hashWhenIdle(password);
    if (hash) await accounts.replaceHash(accountId, outdated, hash);
  } catch (err) {
    log.warn({ err }, "a password could not be hashed anew; the next sign-in tries again");
  }
}
