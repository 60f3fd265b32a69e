import { randomInt } from "node:crypto";
import { hashToken, hmac, newToken } from "@interco/platform/secrets";
import type { Language } from "@interco/ui/messages";
import type { AccountRepository, AccountRow } from "../accounts/account-repository.ts";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { PasswordHasher } from "../credentials/password-hash.ts";
import type { ThrottleRepository } from "../credentials/throttle-repository.ts";
import type { MailQueue } from "../mail/mail-queue.ts";
import type { RegistrationMails } from "./registration-mails.ts";
import type { Registration, RegistrationRepository } from "./registration-repository.ts";

export interface RegisterParts {
  accounts: AccountRepository;
  registrations: RegistrationRepository;
  hasher: PasswordHasher;
  throttle: ThrottleRepository;
  journal: SignInJournal;
  letters: RegistrationMails;
  mails: MailQueue;
  /** Codes are stored as HMACs under it. */
  codeKey: Buffer;
}

export interface Wanted {
  email: string;
  givenName: string;
  familyName: string;
  password: string;
  /** Where it comes from, for throttling. */
  address: string;
  interactionUid: string | null;
  site: { clientId: string; origin: string } | null;
  language: Language;
}

/**
 * Asks for an account; returns the id of what was asked. The same work and the same answer whether or not the address has
 * one: the mail alone differs, and leaves after the answer.
 * @throws TooBusy
 */
export async function register(parts: RegisterParts, wanted: Wanted): Promise<Buffer> {
  const { accounts, registrations, hasher, throttle, letters, mails } = parts;
  const { email, site, language } = wanted;
  const passwordHash = await hasher.hash(wanted.password);
  const { waitSeconds } = await throttle.begin(throttle.addressed("mail", email, wanted.address), "mail");
  const known = await accounts.findByEmail(email, "personal");
  const token = newToken();
  const id = hashToken(token);
  const code = String(randomInt(1_000_000)).padStart(6, "0");
  const invitation = { email, token, code, site, language };
  const mail = known ? letters.known(known, invitation) : letters.confirm(invitation);
  const { givenName, familyName, interactionUid } = wanted;
  await registrations.add(
    {
      id,
      email,
      givenName,
      familyName,
      passwordHash,
      interactionUid,
      clientId: site?.clientId ?? null,
      language,
      code: codeHash(parts.codeKey, id, code),
    },
    mail,
    waitSeconds,
  );
  mails.wake();
  return id;
}

/**
 * Writes again to an address that asked for an account and hasn't answered, with a new link and code: those before are worth
 * nothing. False where nothing waits. The browser it was begun from goes on by the link alone.
 */
export async function registerAgain(
  parts: Pick<RegisterParts, "registrations" | "throttle" | "letters" | "mails" | "codeKey">,
  email: string,
  siteOf: (clientId: string) => Promise<{ clientId: string; origin: string } | null>,
): Promise<boolean> {
  const { registrations, throttle, letters, mails, codeKey } = parts;
  const asked = await registrations.findLatest(email);
  if (!asked) return false;
  const { waitSeconds } = await throttle.begin(throttle.addressed("mail", email, email), "mail");
  const token = newToken();
  const id = hashToken(token);
  const code = String(randomInt(1_000_000)).padStart(6, "0");
  const site = asked.clientId ? await siteOf(asked.clientId) : null;
  const mail = letters.confirm({ email: asked.email, token, code, site, language: asked.language });
  await registrations.replace(asked.id, { id, code: codeHash(codeKey, id, code) }, mail, waitSeconds);
  mails.wake();
  return true;
}

export type CodeResult = { right: true } | { triesLeft: number } | { waitSeconds: number };

/** Compares a code typed with the one in the mail. Tries are counted of this registration, and of its address from anywhere. */
export async function tryCode(
  { throttle, registrations, codeKey }: RegisterParts,
  { id, email }: Registration,
  code: string,
  address: string,
): Promise<CodeResult> {
  const attempt = throttle.addressed("code", email, address);
  const { waitSeconds } = await throttle.begin(attempt);
  if (waitSeconds > 0) return { waitSeconds };
  const tried = await registrations.tryCode(id, codeHash(codeKey, id, code));
  if (!tried?.right) return { triesLeft: tried?.triesLeft ?? 0 };
  await throttle.succeed(attempt);
  return { right: true };
}

export interface Confirmed {
  account: AccountRow;
  /** Lets the browser it was begun from end its sign-in; null where it was begun from none. */
  ticket: string | null;
}

/**
 * Makes the account of a registration whose address has answered. Undefined where the address has one by now: who knows its
 * password signs in with it. The account first: a crash before the mark leaves a link that says so.
 */
export async function confirm(parts: RegisterParts, asked: Registration): Promise<Confirmed | undefined> {
  const { accounts, registrations, journal } = parts;
  const { email, givenName, familyName } = asked;
  const wanted = { email, givenName, familyName, kind: "personal" } as const;
  const { account, created } = await accounts.create(wanted, asked.passwordHash);
  const ticket = created && asked.interactionUid ? newToken() : null;
  await registrations.use(asked.id, created ? account.id : null, ticket ? hashToken(ticket) : null);
  if (!created) return undefined;
  await journal.add({
    kind: "account_created",
    accountId: account.id,
    clientId: asked.clientId ?? undefined,
    detail: { registered: true },
  });
  return { account, ticket };
}

function codeHash(key: Buffer, id: Buffer, code: string): Buffer {
  return hmac(key, `${id.toString("hex")}:${code}`);
}
