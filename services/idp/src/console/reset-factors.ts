import { newId } from "@interco/platform/ids";
import { Problem } from "@interco/platform/problem";
import { hashToken, newToken } from "@interco/platform/secrets";
import { type AccountRepository, type AccountRow, emailKey } from "../accounts/account-repository.ts";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { EndSessions } from "../logout/end-sessions.ts";
import type { MailQueue } from "../mail/mail-queue.ts";
import type { ChangeLetters } from "../my-account/tell-change.ts";
import type { FactorResetRepository, PendingReset, ResetWay } from "./factor-reset-repository.ts";
import type { ResetMails } from "./reset-mails.ts";

export interface ResetParts {
  accounts: AccountRepository;
  resets: FactorResetRepository;
  journal: SignInJournal;
  mails: MailQueue;
  resetMails: ResetMails;
  letters: ChangeLetters;
  endSessions: EndSessions;
}

export interface AskedReset {
  account: AccountRow;
  language: "fr" | "en";
  reason: string;
  asker: AccountRow;
  way: ResetWay;
  /** The entity that confirms, but where another administrator does. */
  site: { clientId: string; name: string } | null;
}

/** One human behind two accounts of one address is one person. */
export function isSamePerson(
  one: { id: string; email: string },
  other: { id: string; email: string },
): boolean {
  return one.id === other.id || emailKey(one.email) === emailKey(other.email);
}

/**
 * The first of two persons asks that an account's second factors be taken away. Its person is told at once, and may stop it.
 * @throws console.own-account (422), console.official-unfit (422), console.reset-waits (409)
 */
export async function askReset(parts: ResetParts, asked: AskedReset): Promise<void> {
  const { resets, journal, mails, resetMails } = parts;
  const { account, asker, way, site, reason } = asked;
  if (isSamePerson(account, asker)) throw new Problem("console.own-account", { status: 422 });
  const [stopToken, confirmToken] = [newToken(), newToken()];
  const written = [resetMails.asked(account, asked.language, stopToken)];
  if (way === "official") {
    const official = site ? await resets.officialOf(site.clientId) : undefined;
    const theirs = [account.email, asker.email].map(emailKey);
    if (!site || !official || theirs.includes(emailKey(official.email)))
      throw new Problem("console.official-unfit", { status: 422 });
    const names = { site: site.name, asker: `${asker.givenName} ${asker.familyName}` };
    written.push(resetMails.official(official, account, names, confirmToken));
  }
  const reset = {
    id: newId(),
    accountId: account.id,
    reason,
    askedBy: asker.id,
    way,
    clientId: site?.clientId ?? null,
    confirmLink: way === "official" ? hashToken(confirmToken) : null,
    stopLink: hashToken(stopToken),
  };
  if (!(await resets.add(reset, written))) throw new Problem("console.reset-waits", { status: 409 });
  await journal.add({
    kind: "factor_reset_asked",
    accountId: account.id,
    clientId: site?.clientId,
    detail: { by: asker.id, way, reason },
  });
  mails.wake();
}

/** Who says yes, or no: an account, or the official who has none. */
export type Confirmer = { id: string; email: string } | "official";

/**
 * The second person confirms: every second factor is gone, every session ends, and the account's person is told. False where it is
 * too late, or where who confirms may not: nobody confirms what they asked for, nor for themselves.
 */
export async function confirmReset(parts: ResetParts, reset: PendingReset, who: Confirmer): Promise<boolean> {
  const { accounts, resets, journal, mails, letters, endSessions } = parts;
  const account = await accounts.find(reset.accountId);
  if (!account) return false;
  if (who !== "official" && !mayConfirm(reset, who)) return false;
  const change = { kind: "factors_reset", subject: "console.mail.reset", text: "console.mail.reset.text" };
  const telling = letters.of(account, change, reset.language);
  const by = who === "official" ? null : who.id;
  if (!(await resets.confirm(reset.id, by, telling))) return false;
  mails.wake();
  await journal.add({
    kind: "factors_reset",
    accountId: account.id,
    clientId: reset.clientId ?? undefined,
    detail: { asked: reset.askedBy, by: by ?? "official" },
  });
  await endSessions(account.id, { reason: "factors_reset" });
  return true;
}

/** Neither who asked, nor whose account it is, also by another account of theirs. */
export function mayConfirm(reset: PendingReset, who: { id: string; email: string }): boolean {
  const itself = isSamePerson({ id: reset.accountId, email: reset.email }, who);
  const asker = isSamePerson({ id: reset.askedBy, email: reset.askedByEmailKey }, who);
  return !itself && !asker;
}

/** Ends it without doing it: the second person's no, or the word of the account's person. */
export async function endReset(
  { resets, journal }: ResetParts,
  reset: PendingReset,
  outcome: "refused" | "stopped",
  by: string,
): Promise<boolean> {
  if (!(await resets.end(reset.id, outcome))) return false;
  await journal.add({
    kind: outcome === "refused" ? "factor_reset_refused" : "factor_reset_stopped",
    accountId: reset.accountId,
    clientId: reset.clientId ?? undefined,
    detail: { asked: reset.askedBy, by },
  });
  return true;
}
