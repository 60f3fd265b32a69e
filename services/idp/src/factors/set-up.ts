import { open, seal } from "@interco/platform/secrets";
import { newTotpSecret, totpStepOf } from "@interco/platform/totp";
import type { AccountRow } from "../accounts/account-repository.ts";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { Amr } from "../provider/acr.ts";
import { sealSecret } from "./check-code.ts";
import type { FactorRepository } from "./factor-repository.ts";
import type { FactorStepRepository } from "./factor-step-repository.ts";
import { methodOf, type Passkeys } from "./passkeys.ts";
import { newPrintedCodes, printedCodeHash, typedCode } from "./printed-codes.ts";

export interface SetUpParts {
  factors: FactorRepository;
  steps: FactorStepRepository;
  passkeys: Passkeys;
  /** Seals secrets. */
  sealingKey: Buffer;
  /** Printed codes are stored as HMACs under it. */
  printedKey: Buffer;
}

/** Whose factor is set up, and where that is kept meanwhile. */
export interface SettingUp {
  key: Buffer;
  account: AccountRow;
  pending: Buffer | null;
}

/** What isn't the account's yet: it is shown as long as its page is open, and confirmed by a code of it. */
interface Pending {
  secret?: string;
  codes?: string[];
}

/** The secret of a program being set up: the same each time its page is shown. */
export async function pendingSecret(parts: SetUpParts, place: SettingUp): Promise<string> {
  const pending = openPending(parts, place);
  if (pending.secret) return pending.secret;
  const secret = newTotpSecret();
  await keepPending(parts, place, { ...pending, secret });
  return secret;
}

/** The codes being printed: the same each time their page is shown. */
export async function pendingCodes(parts: SetUpParts, place: SettingUp): Promise<string[]> {
  const pending = openPending(parts, place);
  if (pending.codes) return pending.codes;
  const codes = newPrintedCodes();
  await keepPending(parts, place, { ...pending, codes });
  return codes;
}

/** Makes the program the account's, once it shows the right code: that one is used up. */
export async function confirmProgram(parts: SetUpParts, place: SettingUp, code: string): Promise<boolean> {
  const { secret, ...rest } = openPending(parts, place);
  const typed = typedCode(code);
  if (!secret || !typed || !("program" in typed)) return false;
  const step = totpStepOf(secret, typed.program);
  if (step === undefined) return false;
  const { id } = place.account;
  await parts.factors.putAuthenticator(id, sealSecret(parts.sealingKey, secret, id), step);
  await keepPending(parts, place, rest);
  return true;
}

/** Gives an account that has no second factor a program whose secret is known already; one that has any keeps what it has. */
export async function giveProgram(
  { factors, journal, sealingKey }: Pick<SetUpParts, "factors" | "sealingKey"> & { journal: SignInJournal },
  accountId: string,
  secret: string,
): Promise<void> {
  if (!(await factors.giveFirstAuthenticator(accountId, sealSecret(sealingKey, secret, accountId)))) return;
  await journal.add({ kind: "factor_added", accountId, detail: { what: "authenticator", given: true } });
}

/** Makes the codes the account's, in place of those it had, once one was typed: whoever can has kept them. All stay good. */
export async function confirmCodes(parts: SetUpParts, place: SettingUp, code: string): Promise<boolean> {
  const { codes = [], ...rest } = openPending(parts, place);
  const typed = typedCode(code);
  if (!typed || !("printed" in typed) || !codes.includes(typed.printed)) return false;
  const { id } = place.account;
  await parts.factors.replaceCodes(
    id,
    codes.map((one) => printedCodeHash(parts.printedKey, id, one)),
  );
  await keepPending(parts, place, rest);
  return true;
}

/** Makes the key a browser just made the account's; undefined where its answer isn't as it must be. */
export async function addPasskey(
  parts: SetUpParts,
  { key, account }: SettingUp,
  answer: string,
  name: string,
): Promise<Amr | undefined> {
  const challenge = await parts.steps.takeChallenge(key);
  const made = challenge && (await parts.passkeys.checkNew(answer, challenge));
  if (!made || !(await parts.factors.addPasskey(account.id, name, made))) return undefined;
  return methodOf(made);
}

function openPending({ sealingKey }: SetUpParts, { account, pending }: SettingUp): Pending {
  return pending ? (JSON.parse(open(sealingKey, pending, `pending:${account.id}`)) as Pending) : {};
}

async function keepPending(
  { sealingKey, steps }: SetUpParts,
  place: SettingUp,
  pending: Pending,
): Promise<void> {
  const empty = Object.keys(pending).length === 0;
  place.pending = empty ? null : seal(sealingKey, JSON.stringify(pending), `pending:${place.account.id}`);
  await steps.setPending(place.key, place.pending);
}
