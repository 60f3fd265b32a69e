import type { Language } from "@interco/ui/messages";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { EndSessions } from "../logout/end-sessions.ts";
import type { MailQueue } from "../mail/mail-queue.ts";
import type { MailRepository } from "../mail/mail-repository.ts";
import type { AccountLetters } from "./account-letters.ts";
import type { ToldChange, ToldChangeRepository } from "./told-change-repository.ts";

export interface DisownParts {
  told: ToldChangeRepository;
  mailRepository: MailRepository;
  mails: MailQueue;
  letters: AccountLetters;
  journal: SignInJournal;
  endSessions: EndSessions;
}

/** `email` is the address recovery can be asked for; null where it belongs to another account now. */
export type Disowned = { email: string | null } | undefined;

/**
 * Somebody says of a change they were told of that it wasn't theirs: the account is shut to every credential until recovery
 * gives another password, its address is what it was, nothing that was asked for since stands, and every session ends.
 * Undefined where the link was used or is old.
 */
export async function disown(parts: DisownParts, change: ToldChange, language: Language): Promise<Disowned> {
  const { told, mailRepository, mails, letters, journal, endSessions } = parts;
  const done = await told.disown(change.id);
  if (!done) return undefined;
  const { accountId, email } = done;
  await endSessions(accountId, { reason: "disowned" });
  await journal.add({ kind: "disowned", accountId, detail: { change: change.kind } });
  if (email) {
    await mailRepository.add(letters.disowned(email, language));
    mails.wake();
  }
  return { email };
}
