import type { IncomingMessage } from "node:http";
import type { App } from "@interco/platform/http";
import type { Language } from "@interco/ui/messages";
import type { Pool } from "pg";
import type { AccountRepository, AccountRow } from "../accounts/account-repository.ts";
import { OwnHistoryRepository } from "../audit/own-history-repository.ts";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { ClientRepository } from "../clients/client-repository.ts";
import type { PasswordHasher } from "../credentials/password-hash.ts";
import type { ThrottleRepository } from "../credentials/throttle-repository.ts";
import { languageOf } from "../interactions/language.ts";
import type { Pages } from "../interactions/page.ts";
import type { EndSessions } from "../logout/end-sessions.ts";
import type { MailQueue } from "../mail/mail-queue.ts";
import type { MailRepository } from "../mail/mail-repository.ts";
import { type Chore, removing } from "../operations/maintenance.ts";
import type { Arrival, ProviderHost } from "../provider/provider-host.ts";
import { AccountLetters } from "./account-letters.ts";
import { arrive, eraseDue, warnInactive } from "./account-life.ts";
import { AccountLifeRepository } from "./account-life-repository.ts";
import { type AccountOwners, accountOwners } from "./account-owner.ts";
import { AccountPages } from "./account-pages.ts";
import { coarseNetwork, deviceOf } from "./device.ts";
import { EmailChangeRepository } from "./email-change-repository.ts";
import { myAccountRoutes } from "./my-account-routes.ts";
import { OwnAccountRepository } from "./own-account-repository.ts";
import { OwnDataRepository } from "./own-data-repository.ts";
import { SessionListRepository } from "./session-list-repository.ts";
import { ChangeLetters, changeTeller, type TellChange } from "./tell-change.ts";
import { ToldChangeRepository } from "./told-change-repository.ts";

export interface AccountAreaParts {
  pool: Pool;
  issuer: string;
  pages: Pages;
  host: ProviderHost;
  accounts: AccountRepository;
  clients: ClientRepository;
  hasher: PasswordHasher;
  throttle: ThrottleRepository;
  journal: SignInJournal;
  mails: MailQueue;
  mailRepository: MailRepository;
  endSessions: EndSessions;
  addressOf(request: IncomingMessage): string;
  /** Codes are stored as HMACs under it. */
  codeKey: Buffer;
  /** The entities an agent works for. */
  employersOf(accountId: string): Promise<{ name: string; origin: string }[]>;
  /** People may come from other providers. */
  upstreams: boolean;
  /** Cookies go over https only. */
  secure: boolean;
}

/** What the rest of the provider needs of the account area. */
export interface AccountArea {
  owners: AccountOwners;
  /** Shows pages of the area, for parts that add some. */
  pages: AccountPages;
  tellChange: TellChange;
  /** Tells somebody by mail that their account is shut. */
  tellDeactivated(account: AccountRow, language: Language): Promise<void>;
  /** For changes that are told of in their own statement. */
  changes: ChangeLetters;
  /** Gives accounts another password. */
  own: OwnAccountRepository;
  /** Notes a sign-in; false where the account lets nobody in. */
  arrived(arrival: Arrival): Promise<boolean>;
  warnInactive(): Promise<void>;
  eraseDue(): Promise<void>;
  chores: Chore[];
  routes(app: App): void;
}

/** Wires the account area. */
export function accountArea(parts: AccountAreaParts): AccountArea {
  const { pool, issuer, mails, addressOf } = parts;
  const letters = new AccountLetters(parts.pages, issuer);
  const changes = new ChangeLetters(parts.pages, issuer);
  const told = new ToldChangeRepository(pool);
  const lives = new AccountLifeRepository(pool);
  const emailChanges = new EmailChangeRepository(pool);
  const own = new OwnAccountRepository(pool);
  const owners = accountOwners(parts);
  const pages = new AccountPages(parts.pages, parts.secure);
  const life = { ...parts, lives, letters };
  const area = { ...parts, owners, pages, own, letters, changes, told, lives, emailChanges };
  const warn = () => warnInactive(life);
  const erase = () => eraseDue(life);
  return {
    owners,
    pages,
    changes,
    own,
    tellChange: changeTeller({ told, letters: changes, mails }),
    tellDeactivated: async (account, language) => {
      await parts.mailRepository.add(letters.deactivated(account, language));
      mails.wake();
    },
    arrived: ({ request, ...arrival }) =>
      arrive(life, {
        ...arrival,
        device: deviceOf(request.headers["user-agent"]),
        network: coarseNetwork(addressOf(request)),
        language: languageOf({
          cookieHeader: request.headers.cookie,
          acceptLanguage: request.headers["accept-language"],
        }),
      }),
    warnInactive: warn,
    eraseDue: erase,
    chores: [
      { name: "inactive accounts", everyMs: 600_000, work: warn },
      { name: "accounts to erase", everyMs: 10_000, work: erase },
      removing("changes of address", 60_000, (n) => emailChanges.removeExpired(n)),
      removing("changes told", 600_000, (n) => told.removeExpired(n)),
      removing("devices", 600_000, (n) => lives.removeOldDevices(n)),
    ],
    routes: (app) =>
      myAccountRoutes(app, {
        ...area,
        ownData: new OwnDataRepository(pool),
        history: new OwnHistoryRepository(pool),
        sessionList: new SessionListRepository(pool),
      }),
  };
}
