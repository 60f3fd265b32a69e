import { Problem } from "@interco/platform/problem";
import type { Language } from "@interco/ui/messages";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { AccountRepository, AccountRow, DeactivationReason } from "./account-repository.ts";

export interface DeactivationParts {
  accounts: AccountRepository;
  journal: SignInJournal;
  /** Ends everything an account is signed in to, and tells each site at once. */
  endSessions(accountId: string, why: { reason: string; by?: string | undefined }): Promise<unknown>;
  /** Tells its person by mail. */
  tellDeactivated(account: AccountRow, language: Language): Promise<void>;
}

/** Whose word it is, for the journal: an entity's, or an administrator's. */
export interface Decider {
  clientId?: string | undefined;
  /** The account of the administrator. */
  by?: string | undefined;
}

/**
 * Ends an account's use at once: nobody signs in with it, its sessions and tokens are gone, every site it was signed in to is told
 * now. What was filed or done with it stays. Done again, it ends what may have begun meanwhile. @throws account.unknown (404)
 */
export async function deactivateAccount(
  { accounts, journal, endSessions, tellDeactivated }: DeactivationParts,
  accountId: string,
  reason: DeactivationReason,
  { clientId, by }: Decider = {},
): Promise<void> {
  // First the mark, then the end of sessions: no sign-in slips in between.
  const done = await accounts.deactivate(accountId, reason);
  if (!done) throw new Problem("account.unknown", { status: 404 });
  if (done.first)
    await journal.add({
      kind: "account_deactivated",
      accountId,
      clientId,
      detail: { reason, ...(by ? { by } : {}) },
    });
  await endSessions(accountId, { reason: "account_deactivated", by });
  if (done.first) await tellDeactivated(done.account, done.language);
}

/**
 * Lets it be used again, with the credentials it had. Who may depends on why it ended: an entity's invitation never undoes what
 * the operator did. Says whether it was deactivated for one of `reasons`.
 */
export async function reactivateAccount(
  { accounts, journal }: Pick<DeactivationParts, "accounts" | "journal">,
  accountId: string,
  reasons: readonly DeactivationReason[],
  { clientId, by }: Decider = {},
): Promise<boolean> {
  const account = await accounts.reactivate(accountId, reasons);
  if (account)
    await journal.add({
      kind: "account_reactivated",
      accountId,
      clientId,
      ...(by ? { detail: { by } } : {}),
    });
  return account !== undefined;
}
