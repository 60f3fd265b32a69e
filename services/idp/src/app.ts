import { createServer, type Server } from "node:http";
import type { IdpConfig } from "@interco/contracts/idp-config";
import { CookieKeys } from "@interco/platform/cookie-keys";
import { createHttp } from "@interco/platform/http";
import { serviceFetch } from "@interco/platform/http-client";
import type { Logger } from "@interco/platform/log";
import { MailServer } from "@interco/platform/mail-server";
import { createMetrics } from "@interco/platform/metrics";
import { requireCurrentSchema } from "@interco/platform/migrations";
import { connectDatabase } from "@interco/platform/postgres";
import { Problem } from "@interco/platform/problem";
import { sameSecret } from "@interco/platform/secrets";
import type { Pool } from "pg";
import { operatorRoutes } from "./accounts/account-operator-routes.ts";
import { AccountRepository } from "./accounts/account-repository.ts";
import { AgentAccessRepository } from "./agents/agent-access-repository.ts";
import { agentsApiRoutes, siteAuthenticator } from "./agents/agents-api-routes.ts";
import { InvitationMails } from "./agents/invitation-mails.ts";
import { invitationRoutes } from "./agents/invitation-routes.ts";
import { JournalChain } from "./audit/journal-chain.ts";
import { JournalWatch } from "./audit/journal-watch.ts";
import { SignInJournal } from "./audit/sign-in-journal.ts";
import { ClientRepository } from "./clients/client-repository.ts";
import { deriveKeys, MIGRATIONS } from "./config.ts";
import { ConsentRepository } from "./consent/consent-repository.ts";
import { consentRoutes } from "./consent/consent-routes.ts";
import { myConsentsRoutes } from "./consent/my-consents-routes.ts";
import { AdministratorRepository } from "./console/administrator-repository.ts";
import { consoleRoutes } from "./console/console-routes.ts";
import { FactorResetRepository } from "./console/factor-reset-repository.ts";
import { PasswordHasher } from "./credentials/password-hash.ts";
import { ThrottleRepository } from "./credentials/throttle-repository.ts";
import { factorArea } from "./factors/factor-area.ts";
import { BeginLimit } from "./interactions/begin-limit.ts";
import { Pages } from "./interactions/page.ts";
import { ProtocolScreens } from "./interactions/protocol-screens.ts";
import { signInRoutes } from "./interactions/sign-in-routes.ts";
import { SigningKeyRepository } from "./keys/signing-key-repository.ts";
import { type EndSessions, sessionEnder } from "./logout/end-sessions.ts";
import { LogoutDeliveryRepository } from "./logout/logout-delivery-repository.ts";
import { LogoutQueue } from "./logout/logout-queue.ts";
import { SessionEndingsRepository } from "./logout/session-endings-repository.ts";
import { MailQueue } from "./mail/mail-queue.ts";
import { MailRepository } from "./mail/mail-repository.ts";
import { type AccountArea, accountArea } from "./my-account/account-area.ts";
import { AccountPages } from "./my-account/account-pages.ts";
import { idpMetrics } from "./operations/idp-metrics.ts";
import { removing, startChores } from "./operations/maintenance.ts";
import { visitorAddress } from "./operations/visitor-address.ts";
import { pageRoutes } from "./pages/page-routes.ts";
import { problemPage } from "./pages/problem-page.ts";
import { ArtifactRepository } from "./provider/artifact-repository.ts";
import { ProviderHost } from "./provider/provider-host.ts";
import { StatementLane } from "./provider/statement-lane.ts";
import { RecoveryMails } from "./recovery/recovery-mails.ts";
import { RecoveryRepository } from "./recovery/recovery-repository.ts";
import { recoveryRoutes } from "./recovery/recovery-routes.ts";
import { RegistrationMails } from "./registration/registration-mails.ts";
import { RegistrationRepository } from "./registration/registration-repository.ts";
import { registrationRoutes } from "./registration/registration-routes.ts";
import { upstreamsOf } from "./upstreams/configured-upstreams.ts";
import { upstreamArea } from "./upstreams/upstream-area.ts";

const POOL = 10;

export interface IdpApp {
  server: Server;
  host: ProviderHost;
  logouts: LogoutQueue;
  deliveries: LogoutDeliveryRepository;
  artifacts: ArtifactRepository;
  endSessions: EndSessions;
  area: AccountArea;
  pool: Pool;
  listen(): Promise<void>;
  close(): Promise<void>;
}

/** Wires the identity provider by hand. It does not listen yet. */
export async function createApp(config: IdpConfig, log: Logger): Promise<IdpApp> {
  const keys = deriveKeys(config);
  const database = connectDatabase<unknown>(tuned(config.database.service), { max: POOL, name: "idp" });
  const { pool } = database;
  const secure = !config.development;
  await requireCurrentSchema(pool, MIGRATIONS);

  const metrics = createMetrics("idp");
  const accounts = new AccountRepository(pool);
  const clients = new ClientRepository(pool);
  const consents = new ConsentRepository(pool);
  const formKeys = new CookieKeys();
  const signingKeys = new SigningKeyRepository(pool);
  const artifacts = new ArtifactRepository(pool, new StatementLane(pool));
  const throttle = new ThrottleRepository(pool, keys.throttle);
  const journal = new SignInJournal(pool);
  const chain = new JournalChain(pool);
  const watch = new JournalWatch(chain, log);
  const deliveries = new LogoutDeliveryRepository(pool);
  const hasher = new PasswordHasher(keys.pepper);
  const pages = new Pages(config.name, !config.development);
  const registrations = new RegistrationRepository(pool);
  const mailRepository = new MailRepository(pool);
  const mailServer = new MailServer(config.smtp.url);
  const access = new AgentAccessRepository(pool);

  const upstreams = upstreamArea({
    pool,
    issuer: config.issuer,
    configured: upstreamsOf(config.upstreams, config.development),
    development: config.development,
    identityKey: keys.upstreamIdentities,
    sealKey: keys.upstreamSeals,
    accounts,
    clients,
    access,
    hasher,
    throttle,
    journal,
    pages,
    log,
    secure,
  });

  const begun = new BeginLimit();
  const addressOf = visitorAddress(config.listen.proxies);

  const host = new ProviderHost({
    issuer: config.issuer,
    development: config.development,
    formKeys,
    pairwiseKey: keys.pairwise,
    sealingKey: keys.sealing,
    initialAccessToken: config.secrets.initialAccessToken,
    fetch: serviceFetch,
    artifacts,
    accounts,
    clients,
    journal,
    signingKeys,
    findConsent: (accountId, clientId) => consents.find(accountId, clientId),
    screens: new ProtocolScreens(pages, secure, upstreams.signedOut),
    // As with routes' limits: in development everybody has one address.
    countBegun: (request) => (config.development ? 0 : begun.count(addressOf(request))),
    arrived: (arrival) => area.arrived(arrival),
    log,
  });
  await host.loadKeys();

  const counted = idpMetrics(metrics, { deliveries, watch, hasher, mails: mailRepository });
  const logouts = new LogoutQueue({
    deliveries,
    findClient: (id) => host.findClient(id),
    send: host.sendLogout,
    log,
    counted: counted.logout,
  });
  host.queue = logouts.tell;
  const mails = new MailQueue({
    mails: mailRepository,
    send: (mail) => mailServer.send(mail),
    from: {
      name: pages.translate("fr", "interactions.name", { territory: config.name }),
      address: `ne-pas-repondre@${new URL(config.issuer).hostname}`,
    },
    log,
    counted: counted.mail,
  });
  const endSessions = sessionEnder({ endings: new SessionEndingsRepository(pool), logouts, journal });
  const area = accountArea({
    pool,
    issuer: config.issuer,
    pages,
    host,
    accounts,
    clients,
    hasher,
    throttle,
    journal,
    mails,
    mailRepository,
    endSessions,
    addressOf,
    employersOf: (accountId) => access.entitiesOf(accountId),
    upstreams: upstreams.configured.length > 0,
    codeKey: keys.codes,
    secure,
  });

  const app = await createHttp({
    log,
    metrics,
    cookieKey: formKeys,
    authenticators: {
      operator: async (request) => {
        const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
        if (!sameSecret(token, config.secrets.operatorToken))
          throw new Problem("operator.refused", { status: 401 });
      },
      site: siteAuthenticator({ issuer: config.issuer, clients, access }),
    },
    cookieAuth: [],
    apiPrefixes: ["/operator/", "/agents/"],
    ready: async () => ({ ok: await database.answers(), details: {} }),
    renderProblem: (request, _reply, problem) => problemPage(pages, request, problem),
    metricsToken: config.secrets.metricsToken,
    proxies: config.listen.proxies,
    limited: !config.development,
  });
  const { owners, tellChange, tellDeactivated } = area;
  const factors = factorArea({
    pool,
    issuer: config.issuer,
    serviceName: config.name,
    keys,
    host,
    journal,
    throttle,
    pages,
    endSessions,
    owners,
    tellChange,
    ending: upstreams.ending(tellChange),
    log,
    secure,
  });
  const { proceed } = factors;
  const recoveries = new RecoveryRepository(pool);
  factors.routes(app);
  signInRoutes(app, {
    accounts,
    hasher,
    throttle,
    journal,
    host,
    pages,
    proceed,
    secure,
    log,
    otherWays: upstreams.buttons,
    counted: counted.signIn,
  });
  registrationRoutes(app, {
    accounts,
    clients,
    registrations,
    hasher,
    throttle,
    journal,
    host,
    pages,
    mails,
    proceed,
    letters: new RegistrationMails(pages, config.issuer),
    codeKey: keys.codes,
    identify: upstreams.identify,
    secure,
  });
  area.routes(app);
  const agents = {
    accounts,
    clients,
    access,
    hasher,
    throttle,
    journal,
    pages,
    mails,
    endSessions,
    tellDeactivated,
    letters: new InvitationMails(pages, config.issuer),
    secure,
  };
  agentsApiRoutes(app, agents);
  invitationRoutes(app, agents);
  upstreams.routes(app, { host, mails, proceed, own: area.own, owners, tellChange });
  consentRoutes(app, { consents, accounts, journal, host, pages, secure });
  myConsentsRoutes(app, { consents, owners, journal, pages: new AccountPages(pages, secure, "consent") });
  recoveryRoutes(app, {
    ...factors.parts,
    accounts,
    clients,
    recoveries,
    hasher,
    letters: new RecoveryMails(pages, config.issuer),
    mails,
    endSessions,
    tellChange,
  });
  operatorRoutes(app, {
    accounts,
    access,
    clients,
    hasher,
    journal,
    endSessions,
    tellDeactivated,
    giveProgram: factors.giveProgram,
  });
  const resets = new FactorResetRepository(pool);
  consoleRoutes(app, {
    pool,
    issuer: config.issuer,
    upstreams: upstreams.configured,
    owners,
    administrators: new AdministratorRepository(pool),
    resets,
    accounts,
    access,
    clients,
    factors: factors.parts.factors,
    deliveries,
    logouts,
    mailRepository,
    mails,
    registrations,
    signingKeys,
    hasher,
    throttle,
    journal,
    watch,
    pages,
    endSessions,
    tellDeactivated,
    changeLetters: area.changes,
    codeKey: keys.codes,
    secure,
  });
  pageRoutes(app, { pages, clients, secure });
  await app.ready();

  const stopChores = startChores(
    [
      { name: "keys", everyMs: 15_000, work: () => host.loadKeys() },
      { name: "logouts", everyMs: 2_000, work: () => logouts.retryDue() },
      { name: "mails", everyMs: 2_000, work: () => mails.sendDue() },
      { name: "journal chain", everyMs: 1_000, work: () => chain.chain() },
      { name: "journal check", everyMs: 5_000, work: () => watch.step() },
      { name: "throttle", everyMs: 600_000, work: () => throttle.removeFaded() },
      removing("expired", 60_000, (n) => artifacts.removeExpired(n)),
      removing("recoveries", 60_000, (n) => recoveries.removeExpired(n)),
      removing("asked", 60_000, (n) => registrations.removeExpired(n)),
      removing("resets", 600_000, (n) => resets.removeOld(n)),
      removing("agents", 600_000, (n) => access.removeOld(n)),
      removing("abandoned logouts", 600_000, (n) => deliveries.removeAbandoned(n)),
      removing("old mails", 600_000, (n) => mailRepository.removeOld(n)),
      ...upstreams.chores,
      ...factors.chores,
      ...area.chores,
    ],
    log,
  );

  const ownHost = new URL(config.issuer).host;
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    // The Host header is checked below; oidc-provider would believe this one instead, behind a proxy that lets it through.
    delete request.headers["x-forwarded-host"];
    // Addresses in answers are made from the Host header: only the issuer's own is ever answered.
    if (request.headers.host !== ownHost && !/^\/(?:health\/|metrics$)/.test(path)) {
      response.writeHead(421, { "content-type": "text/plain" }).end("This host is not served here.\n");
    } else if (PROTOCOL.test(path)) void host.handle(request, response);
    else app.routing(request, response);
  });

  return {
    server,
    host,
    logouts,
    deliveries,
    artifacts,
    endSessions,
    area,
    pool,
    listen: () =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(config.listen.port, config.listen.host, () => resolve());
      }),
    async close() {
      server.closeIdleConnections();
      const closed = new Promise((resolve) => server.close(resolve));
      setTimeout(() => server.closeAllConnections(), 2_000).unref();
      await closed;
      await stopChores();
      await mails.settle();
      await mailServer.close();
      await app.close();
      await database.close();
    },
  };
}

/**
 * Our statements are few, prepared and found by key: planning them anew for each set of arrays would cost more
 * than running them.
 */
function tuned(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.searchParams.set(
    "options",
    "-c plan_cache_mode=force_generic_plan -c jit=off -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off",
  );
  return url.href;
}

const PROTOCOL = /^\/(?:auth|token|me|jwks|reg|request|session\/end|\.well-known)(?:[/?]|$)/;
