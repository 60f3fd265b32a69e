import type { AccountKind, AccountRepository, AccountRow } from "../accounts/account-repository.ts";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import { PASSWORD_MAX_LENGTH, type PasswordHasher } from "./password-hash.ts";
import type { ThrottleRepository } from "./throttle-repository.ts";

export interface Credentials {
  email: string;
  password: string;
  /** Where they come from, for throttling. */
  address: string;
  clientId: string;
  /** The account meant by somebody who has one of each kind. */
  preferred: AccountKind;
}

export type SignInResult = { account: AccountRow } | { wrong: true } | { waitSeconds: number };

export interface SignInParts {
  accounts: AccountRepository;
  hasher: PasswordHasher;
  throttle: ThrottleRepository;
  journal: SignInJournal;
}

/**
 * Signs in by e-mail and password. An unknown address gets the same answer after the same work as a wrong password.
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
  const found = await accounts.findForSignIn(credentials.email, credentials.preferred);
  const password = credentials.password.slice(0, PASSWORD_MAX_LENGTH + 1);
  const right = (await hasher.verify(found?.hash, password)) && password.length <= PASSWORD_MAX_LENGTH;
  if (!found || !right) {
    await journal.add({ kind: "refused", accountId: found?.account.id, ...seen });
    return { wrong: true };
  }
  await throttle.succeed(attempt);
  await journal.add({ kind: "signed_in", accountId: found.account.id, ...seen });
  return { account: found.account };
}
