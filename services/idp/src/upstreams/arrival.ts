import { randomBytes, randomInt } from "node:crypto";
import type { AccountKind, AccountRepository, AccountRow } from "../accounts/account-repository.ts";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { ThrottleRepository } from "../credentials/throttle-repository.ts";
import type { MailQueue } from "../mail/mail-queue.ts";
import type { Arrival, ArrivalRepository } from "./arrival-repository.ts";
import type { IdentityRepository } from "./identity-repository.ts";
import type { Upstream } from "./upstream.ts";
import type { UpstreamMails } from "./upstream-mails.ts";
import type { UpstreamSecrets } from "./upstream-secrets.ts";

/** Who may have a professional account. Coming from ProConnect or from a directory never gives one by itself. */
export interface Professionals {
  find(email: string): Promise<AccountRow | undefined>;
  /** An administrator of this entity (of any, where null) has invited the address, and it has no account yet. */
  invited(email: string, entity: string | null): Promise<boolean>;
  /** The account of an invited person was made. */
  accepted(email: string, accountId: string): Promise<void>;
}

export interface ArrivalParts {
  accounts: AccountRepository;
  arrivals: ArrivalRepository;
  identities: IdentityRepository;
  professionals: Professionals;
  secrets: UpstreamSecrets;
  journal: SignInJournal;
  throttle: ThrottleRepository;
  mails: MailQueue;
  letters: UpstreamMails;
}

export type Step =
  /** This identity was here before. */
  | { account: AccountRow }
  /** The same person has come by another entity: they confirm, and it is one account. */
  | { same: AccountRow }
  | { uninvited: true }
  | { first: true };

/** What comes next for somebody an upstream vouches for. Nothing is bound by it. */
export async function nextStep(
  { identities, professionals, secrets }: ArrivalParts,
  arrival: Arrival,
  kind: AccountKind,
): Promise<Step> {
  const account = await identities.find(arrival);
  if (account) return { account };
  const same = arrival.pivot && (await identities.findByPivot(arrival.pivot));
  if (same) return { same };
  if (kind === "personal") return { first: true };
  const { email, organisation } = secrets.openArrival(arrival);
  const expected =
    (await professionals.find(email)) ?? ((await professionals.invited(email, organisation)) || undefined);
  return expected ? { first: true } : { uninvited: true };
}

/**
 * Keeps that somebody has shown an account to be theirs; nothing is bound before that sign-in has ended (`ArrivalEnd`), second
 * factor included. False where it can't be: one of them is bound elsewhere, or the arrival is gone.
 */
export async function prove(
  { arrivals, identities }: ArrivalParts,
  arrival: Arrival,
  account: AccountRow,
): Promise<boolean> {
  return (await identities.fits(account.id, arrival)) && (await arrivals.prove(arrival.id, account.id));
}

/**
 * Mails a code to an address that shall have an account. The same work and the same answer whether or not it has one: a
 * citizen's that has one is told to sign in with its password instead, and no code is right then.
 */
export async function askCode(
  parts: ArrivalParts,
  arrival: Arrival,
  wanted: { email: string; upstream: Upstream; address: string; language: "fr" | "en" },
): Promise<void> {
  const { accounts, arrivals, throttle, secrets, letters, mails } = parts;
  const { email, upstream, language } = wanted;
  const { waitSeconds } = await throttle.begin(throttle.addressed("mail", email, wanted.address), "mail");
  const known = await accounts.findByEmail(email, upstream.accounts);
  const code = String(randomInt(1_000_000)).padStart(6, "0");
  const taken = known && upstream.accounts === "personal";
  const mail = taken
    ? letters.known(known.email, upstream, language)
    : letters.code(email, code, upstream, language);
  await arrivals.askCode(
    arrival.id,
    {
      code: taken ? randomBytes(32) : secrets.code(arrival.id, code),
      sealed: secrets.sealArrival(arrival.id, { ...secrets.openArrival(arrival), email }),
    },
    mail,
    waitSeconds,
  );
  mails.wake();
}

export type CodeResult = { right: true } | { triesLeft: number } | { waitSeconds: number };

/** Compares a code typed with the one mailed. Tries are counted of this arrival, and of its address from anywhere. */
export async function tryCode(
  { throttle, arrivals, secrets }: ArrivalParts,
  arrival: Arrival,
  code: string,
  address: string,
): Promise<CodeResult> {
  const { email } = secrets.openArrival(arrival);
  const attempt = throttle.addressed("code", email, address);
  const { waitSeconds } = await throttle.begin(attempt);
  if (waitSeconds > 0) return { waitSeconds };
  const tried = await arrivals.tryCode(arrival.id, secrets.code(arrival.id, code));
  if (!tried?.right) return { triesLeft: tried?.triesLeft ?? 0 };
  await throttle.succeed(attempt);
  return { right: true };
}

/**
 * The account of somebody whose address has answered: a citizen's is made, an agent's is found, or made where they are
 * invited. Undefined where that can't be: the address or the person has an account by now, or nobody expects them any more.
 */
export async function settle(
  parts: ArrivalParts,
  arrival: Arrival,
  kind: AccountKind,
  clientId: string,
): Promise<AccountRow | undefined> {
  const { identities, professionals, secrets, journal } = parts;
  const { email, givenName, familyName, organisation } = secrets.openArrival(arrival);
  if (kind === "professional") {
    const known = await professionals.find(email);
    if (known) return known;
    if (!(await professionals.invited(email, organisation))) return undefined;
  }
  const account = await identities.createAccount({ email, givenName, familyName, kind }, arrival);
  if (!account) return undefined;
  if (kind === "professional") await professionals.accepted(email, account.id);
  await journal.add({
    kind: "account_created",
    accountId: account.id,
    clientId,
    detail: { upstream: arrival.upstream },
  });
  return account;
}
