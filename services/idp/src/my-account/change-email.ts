import { randomInt } from "node:crypto";
import { hashToken, hmac, newToken } from "@interco/platform/secrets";
import type { Language } from "@interco/ui/messages";
import type { AccountRepository, AccountRow } from "../accounts/account-repository.ts";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { ThrottleRepository } from "../credentials/throttle-repository.ts";
import type { MailQueue } from "../mail/mail-queue.ts";
import type { AccountLetters } from "./account-letters.ts";
import type { EmailChange, EmailChangeRepository } from "./email-change-repository.ts";
import type { ChangeLetters } from "./tell-change.ts";

export interface ChangeEmailParts {
  accounts: AccountRepository;
  emailChanges: EmailChangeRepository;
  throttle: ThrottleRepository;
  journal: SignInJournal;
  letters: AccountLetters;
  changes: ChangeLetters;
  mails: MailQueue;
  /** Codes are stored as HMACs under it. */
  codeKey: Buffer;
}

/**
 * Asks a new address whether it is its person's. The same work and the same answer whether or not it has an account: the mail
 * alone differs, and leaves after the answer.
 */
export async function askEmail(
  parts: ChangeEmailParts,
  account: AccountRow,
  email: string,
  from: { address: string; language: Language },
): Promise<void> {
  const { accounts, emailChanges, throttle, letters, mails } = parts;
  const { waitSeconds } = await throttle.begin(throttle.addressed("mail", email, from.address), "mail");
  const known = await accounts.findByEmail(email, account.kind);
  const token = newToken();
  const id = hashToken(token);
  const code = String(randomInt(1_000_000)).padStart(6, "0");
  // Both are written, one is sent: drawing one takes a millisecond more than drawing the other.
  const confirm = letters.confirmEmail(email, token, code, from.language);
  const taken = letters.emailTaken(known ?? account, from.language);
  const mail = known ? taken : confirm;
  const asked = { id, accountId: account.id, email, code: codeHash(parts.codeKey, id, code) };
  await emailChanges.ask(asked, mail, waitSeconds);
  mails.wake();
}

export type EmailCodeResult = { right: true } | { triesLeft: number } | { waitSeconds: number };

/** Compares a code typed with the one in the mail. Tries are counted of this change, and of its address from anywhere. */
export async function tryEmailCode(
  { throttle, emailChanges, codeKey }: ChangeEmailParts,
  { id, email }: EmailChange,
  code: string,
  address: string,
): Promise<EmailCodeResult> {
  const attempt = throttle.addressed("code", email, address);
  const { waitSeconds } = await throttle.begin(attempt);
  if (waitSeconds > 0) return { waitSeconds };
  const tried = await emailChanges.tryCode(id, codeHash(codeKey, id, code));
  if (!tried?.right) return { triesLeft: tried?.triesLeft ?? 0 };
  await throttle.succeed(attempt);
  return { right: true };
}

/** The new address has answered: it is the account's, and the one before is told. */
export async function confirmEmail(
  { emailChanges, changes, mails, journal }: ChangeEmailParts,
  account: AccountRow,
  asked: EmailChange,
  language: Language,
): Promise<"changed" | "taken" | "gone"> {
  const change = {
    kind: "email_changed",
    subject: "my-account.told.email",
    text: "my-account.told.email.text",
    formerEmail: account.email,
  };
  const outcome = await emailChanges.confirm(asked, changes.of(account, change, language));
  if (outcome !== "changed") return outcome;
  mails.wake();
  await journal.add({ kind: "email_changed", accountId: account.id });
  return outcome;
}

function codeHash(key: Buffer, id: Buffer, code: string): Buffer {
  return hmac(key, `${id.toString("hex")}:${code}`);
}
