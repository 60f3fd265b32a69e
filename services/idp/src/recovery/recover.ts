import { hashToken, newToken } from "@interco/platform/secrets";
import type { Language } from "@interco/ui/messages";
import type { AccountRepository } from "../accounts/account-repository.ts";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { PasswordHasher } from "../credentials/password-hash.ts";
import type { ThrottleRepository } from "../credentials/throttle-repository.ts";
import type { EndSessions } from "../logout/end-sessions.ts";
import type { MailQueue } from "../mail/mail-queue.ts";
import type { TellChange } from "../my-account/tell-change.ts";
import type { RecoveryMails } from "./recovery-mails.ts";
import type { Recovery, RecoveryRepository } from "./recovery-repository.ts";

export interface RecoverParts {
  accounts: AccountRepository;
  recoveries: RecoveryRepository;
  hasher: PasswordHasher;
  throttle: ThrottleRepository;
  journal: SignInJournal;
  letters: RecoveryMails;
  mails: MailQueue;
  endSessions: EndSessions;
  tellChange: TellChange;
}

export interface AskedFor {
  email: string;
  /** Where it comes from, for throttling. */
  address: string;
  interactionUid: string | null;
  clientId: string | null;
  language: Language;
}

/**
 * Asks for a way back to the accounts of an address. The same work and the same answer whether or not it has any: the mail alone
 * differs, and leaves after the answer.
 */
export async function askRecovery(parts: RecoverParts, asked: AskedFor): Promise<void> {
  const { accounts, recoveries, throttle, letters, mails, journal } = parts;
  const { email, clientId, interactionUid, language } = asked;
  const attempt = throttle.addressed("mail", email, asked.address);
  const { waitSeconds } = await throttle.begin(attempt, "mail");
  const found = await accounts.findAllByEmail(email);
  const links = found.map(({ id, kind }) => ({ accountId: id, kind, token: newToken() }));
  const mail =
    links.length > 0
      ? // To the address the account holds: the one typed may differ in its letters' case, and be somebody else's.
        letters.links(found[0]?.email ?? email, links, clientId, language)
      : letters.none(email, language);
  const kept = links.map(({ token, accountId }) => ({ id: hashToken(token), accountId }));
  await recoveries.add({ links: kept, interactionUid, clientId, language }, mail, waitSeconds);
  await journal.add({
    kind: "recovery_asked",
    accountId: found[0]?.id,
    clientId: clientId ?? undefined,
    addressKey: attempt.network,
  });
  mails.wake();
}

/**
 * Gives the account a new password, ends everything signed in with the old one and tells the person. Its ticket lets the browser
 * it was begun from end its sign-in; null where it was begun from none. Undefined where the link was used meanwhile.
 *
 * @throws TooBusy
 */
export async function setPassword(
  parts: RecoverParts,
  recovery: Recovery,
  password: string,
  language: Language,
): Promise<{ ticket: string | null } | undefined> {
  const { recoveries, hasher, journal, endSessions, tellChange } = parts;
  const { account } = recovery;
  const hash = await hasher.hash(password);
  const ticket = recovery.interactionUid ? newToken() : null;
  if (!(await recoveries.use(recovery.id, hash, ticket ? hashToken(ticket) : null))) return undefined;
  await endSessions(account.id, { reason: "password_changed" });
  await journal.add({
    kind: "password_changed",
    accountId: account.id,
    clientId: recovery.clientId ?? undefined,
    detail: { recovered: true },
  });
  const said = { kind: "password_changed", subject: "recovery.told", text: "recovery.told.text" };
  await tellChange(account, said, language);
  return { ticket };
}
