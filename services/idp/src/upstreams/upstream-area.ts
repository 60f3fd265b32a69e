import type { App } from "@interco/platform/http";
import type { Logger } from "@interco/platform/log";
import type { Pool } from "pg";
import type { AccountRepository } from "../accounts/account-repository.ts";
import type { AgentAccessRepository } from "../agents/agent-access-repository.ts";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { ClientRepository } from "../clients/client-repository.ts";
import type { PasswordHasher } from "../credentials/password-hash.ts";
import type { ThrottleRepository } from "../credentials/throttle-repository.ts";
import type { Proceed } from "../interactions/interaction.ts";
import type { Pages } from "../interactions/page.ts";
import type { MailQueue } from "../mail/mail-queue.ts";
import type { AccountOwners } from "../my-account/account-owner.ts";
import { AccountPages } from "../my-account/account-pages.ts";
import type { OwnAccountRepository } from "../my-account/own-account-repository.ts";
import type { TellChange } from "../my-account/tell-change.ts";
import { removing } from "../operations/maintenance.ts";
import type { ProviderHost } from "../provider/provider-host.ts";
import { arrivalEnd } from "./arrival-end.ts";
import { ArrivalRepository } from "./arrival-repository.ts";
import { arrivalEnder, arrivalRoutes } from "./arrival-routes.ts";
import { AttemptRepository } from "./attempt-repository.ts";
import type { upstreamsOf } from "./configured-upstreams.ts";
import { IdentityRepository } from "./identity-repository.ts";
import { myIdentitiesRoutes } from "./my-identities-routes.ts";
import { upstreamButtons } from "./upstream-buttons.ts";
import { UpstreamConnection } from "./upstream-connection.ts";
import { UpstreamLogout } from "./upstream-logout.ts";
import { UpstreamMails } from "./upstream-mails.ts";
import { upstreamRoutes } from "./upstream-routes.ts";
import { UpstreamSecrets } from "./upstream-secrets.ts";
import { UpstreamSessionRepository } from "./upstream-session-repository.ts";

export interface UpstreamAreaParts {
  pool: Pool;
  issuer: string;
  configured: ReturnType<typeof upstreamsOf>;
  development: boolean;
  /** Identities are stored as HMACs under one key, what a sign-in must remember sealed under another. */
  identityKey: Buffer;
  sealKey: Buffer;
  accounts: AccountRepository;
  clients: ClientRepository;
  access: AgentAccessRepository;
  hasher: PasswordHasher;
  throttle: ThrottleRepository;
  journal: SignInJournal;
  pages: Pages;
  log: Logger;
  secure: boolean;
}

/** What the rest of the provider lends: how a sign-in ends, and the account area. */
export interface UpstreamEnding {
  host: ProviderHost;
  mails: MailQueue;
  proceed: Proceed;
  own: OwnAccountRepository;
  owners: AccountOwners;
  tellChange: TellChange;
}

/** Wires the other providers people may come from. */
export function upstreamArea(area: UpstreamAreaParts) {
  const { pool, configured, accounts, access, secure, pages } = area;
  const parts = {
    ...area,
    upstreams: configured,
    connection: new UpstreamConnection(area.development),
    secrets: new UpstreamSecrets(area.identityKey, area.sealKey),
    sessions: new UpstreamSessionRepository(pool),
    arrivals: new ArrivalRepository(pool),
    identities: new IdentityRepository(pool),
  };
  const logout = new UpstreamLogout(parts);
  const signedOut: UpstreamLogout["begin"] = (...session) => logout.begin(...session);
  return {
    configured,
    signedOut,
    buttons: upstreamButtons(configured),
    /** Where a person without a site may show who they are; null where no upstream tells. */
    identify: configured.some(({ id }) => id === "franceconnect")
      ? "/fournisseur/franceconnect/commune"
      : null,
    /** What ends an arrival once its sign-in has: it alone binds an identity to an account. */
    ending: (tellChange: TellChange) => arrivalEnder(arrivalEnd({ ...parts, tellChange }), secure),
    chores: [removing("upstreams", 60_000, (n) => parts.sessions.removeExpired(n))],
    routes(app: App, ending: UpstreamEnding): void {
      upstreamRoutes(app, { ...parts, ...ending, attempts: new AttemptRepository(pool), logout });
      arrivalRoutes(app, {
        ...parts,
        ...ending,
        professionals: {
          find: (email) => accounts.findByEmail(email, "professional"),
          invited: (email, entity) => access.isInvited(email, entity),
          accepted: (email, accountId) => access.accept(email, accountId),
        },
        letters: new UpstreamMails(pages),
      });
      myIdentitiesRoutes(app, { ...parts, ...ending, pages: new AccountPages(pages, secure, "upstreams") });
    },
  };
}
