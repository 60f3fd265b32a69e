import type { App } from "@interco/platform/http";
import type { Pool } from "pg";
import { InvitationMails } from "../agents/invitation-mails.ts";
import type { InviteParts } from "../agents/invite-agent.ts";
import type { JournalWatch } from "../audit/journal-watch.ts";
import type { ClientRepository } from "../clients/client-repository.ts";
import type { FactorRepository } from "../factors/factor-repository.ts";
import type { Pages } from "../interactions/page.ts";
import type { SigningKeyRepository } from "../keys/signing-key-repository.ts";
import type { EndSessions } from "../logout/end-sessions.ts";
import type { LogoutDeliveryRepository } from "../logout/logout-delivery-repository.ts";
import type { LogoutQueue } from "../logout/logout-queue.ts";
import type { MailRepository } from "../mail/mail-repository.ts";
import type { AccountOwners } from "../my-account/account-owner.ts";
import type { ChangeLetters } from "../my-account/tell-change.ts";
import { RegistrationMails } from "../registration/registration-mails.ts";
import type { RegistrationRepository } from "../registration/registration-repository.ts";
import type { Upstream } from "../upstreams/upstream.ts";
import { administratorGate } from "./administrator-gate.ts";
import type { AdministratorRepository } from "./administrator-repository.ts";
import { entityResetRoutes } from "./entity-resets-routes.ts";
import type { FactorResetRepository } from "./factor-reset-repository.ts";
import { journalPages } from "./journal-pages.ts";
import { JournalSearchRepository } from "./journal-search-repository.ts";
import { resetLinkPages } from "./reset-link-pages.ts";
import { ResetMails } from "./reset-mails.ts";
import { resetPages } from "./reset-pages.ts";
import { servicePages } from "./service-pages.ts";
import { supportPages } from "./support-pages.ts";
import { SupportRepository } from "./support-repository.ts";

export interface ConsoleRouteParts extends Omit<InviteParts, "letters" | "endSessions"> {
  pool: Pool;
  issuer: string;
  upstreams: readonly Upstream[];
  owners: AccountOwners;
  administrators: AdministratorRepository;
  resets: FactorResetRepository;
  clients: ClientRepository;
  factors: FactorRepository;
  deliveries: LogoutDeliveryRepository;
  logouts: LogoutQueue;
  mailRepository: MailRepository;
  registrations: RegistrationRepository;
  signingKeys: SigningKeyRepository;
  watch: JournalWatch;
  pages: Pages;
  endSessions: EndSessions;
  changeLetters: ChangeLetters;
  /** Codes of registrations are stored as HMACs under it. */
  codeKey: Buffer;
  secure: boolean;
}

/** The console of the provider's own administrators, and what others have to do with it: entities' administrators, officials, persons. */
export function consoleRoutes(app: App, parts: ConsoleRouteParts): void {
  const { pool, pages, issuer, resets, mailRepository } = parts;
  const administratorOf = administratorGate(parts);
  const desk = { ...parts, administratorOf };
  const reset = { ...parts, resetMails: new ResetMails(pages, issuer), letters: parts.changeLetters };
  servicePages(app, {
    ...desk,
    mails: mailRepository,
    resetsWaiting: async () => (await resets.forAdministrators()).length,
  });
  journalPages(app, { ...desk, searches: new JournalSearchRepository(pool) });
  supportPages(app, {
    ...desk,
    resetParts: reset,
    support: new SupportRepository(pool),
    registrationLetters: new RegistrationMails(pages, issuer),
    invitationLetters: new InvitationMails(pages, issuer),
  });
  resetPages(app, { ...desk, ...reset });
  resetLinkPages(app, reset);
  entityResetRoutes(app, reset);
}
