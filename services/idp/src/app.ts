import { createServer, type Server } from "node:http";
import type { IdpConfig } from "@interco/contracts/idp-config";
import { createHttp } from "@interco/platform/http";
import { serviceFetch } from "@interco/platform/http-client";
import type { Logger } from "@interco/platform/log";
import { MailServer } from "@interco/platform/mail-server";
import { Counter, createMetrics, Gauge } from "@interco/platform/metrics";
import { requireCurrentSchema } from "@interco/platform/migrations";
import { connectDatabase } from "@interco/platform/postgres";
import { Problem } from "@interco/platform/problem";
import { sameSecret } from "@interco/platform/secrets";
import type { Pool } from "pg";
import { operatorRoutes } from "./accounts/account-operator-routes.ts";
import { AccountRepository } from "./accounts/account-repository.ts";
import { JournalChain } from "./audit/journal-chain.ts";
import { JournalWatch } from "./audit/journal-watch.ts";
import { SignInJournal } from "./audit/sign-in-journal.ts";
import { ClientRepository } from "./clients/client-repository.ts";
import { deriveKeys, MIGRATIONS } from "./config.ts";
import { PasswordHasher } from "./credentials/password-hash.ts";
import { ThrottleRepository } from "./credentials/throttle-repository.ts";
import { BeginLimit } from "./interactions/begin-limit.ts";
import { Pages } from "./interactions/page.ts";
import { ProtocolScreens } from "./interactions/protocol-screens.ts";
import { signInRoutes } from "./interactions/sign-in-routes.ts";
import { SigningKeyRepository } from "./keys/signing-key-repository.ts";
import { LogoutDeliveryRepository } from "./logout/logout-delivery-repository.ts";
import { LogoutQueue } from "./logout/logout-queue.ts";
import { MailQueue } from "./mail/mail-queue.ts";
import { MailRepository } from "./mail/mail-repository.ts";
import { removeAllExpired, startChores } from "./operations/maintenance.ts";
import { visitorAddress } from "./operations/visitor-address.ts";
import { pageRoutes } from "./pages/page-routes.ts";
import { problemPage } from "./pages/problem-page.ts";
import { ArtifactRepository } from "./provider/artifact-repository.ts";
import { ProviderHost } from "./provider/provider-host.ts";
import { StatementLane } from "./provider/statement-lane.ts";
import { RegistrationMails } from "./registration/registration-mails.ts";
import { RegistrationRepository } from "./registration/registration-repository.ts";
import { registrationRoutes } from "./registration/registration-routes.ts";

const POOL = 10;

export interface IdpApp {
  server: Server;
  host: ProviderHost;
  logouts: LogoutQueue;
  artifacts: ArtifactRepository;
  pool: Pool;
  listen(): Promise<void>;
  close(): Promise<void>;
}

/** Wires the identity provider by hand. It does not listen yet. */
export async function createApp(config: IdpConfig, log: Logger): Promise<IdpApp> {
  const keys = deriveKeys(config);
  const database = connectDatabase<unknown>(tuned(config.database.service), { max: POOL, name: "idp" });
  const { pool } = database;
  await requireCurrentSchema(pool, MIGRATIONS);

  const metrics = createMetrics("idp");
  const accounts = new AccountRepository(pool);
  const clients = new ClientRepository(pool);
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

  const begun = new BeginLimit();
  const addressOf = visitorAddress(config.listen.proxies);

  const host = new ProviderHost({
    issuer: config.issuer,
    development: config.development,
    cookieKey: keys.cookies,
    pairwiseKey: keys.pairwise,
    sealingKey: keys.sealing,
    initialAccessToken: config.secrets.initialAccessToken,
    fetch: serviceFetch,
    artifacts,
    accounts,
    clients,
    journal,
    signingKeys: new SigningKeyRepository(pool),
    screens: new ProtocolScreens(pages, !config.development),
    // As with routes' limits: in development everybody has one address.
    countBegun: (request) => (config.development ? 0 : begun.count(addressOf(request))),
    log,
  });
  await host.loadKeys();

  const told = new Counter({
    name: "idp_logout_deliveries_total",
    help: "Back-channel logouts, by outcome",
    labelNames: ["outcome"],
    registers: [metrics],
  });
  const logouts = new LogoutQueue({
    deliveries,
    findClient: (id) => host.findClient(id),
    send: host.sendLogout,
    log,
    counted: (outcome) => told.inc({ outcome }),
  });
  host.queue = logouts.tell;
  new Gauge({
    name: "idp_logout_deliveries_waiting",
    help: "Back-channel logouts a site has not heard of yet",
    registers: [metrics],
    async collect() {
      this.set(await deliveries.waiting());
    },
  });
  new Gauge({
    name: "idp_journal_broken",
    help: "1 where a line of the sign-in journal isn't as it was written (command check-journal names it)",
    registers: [metrics],
    collect() {
      this.set(watch.broken ? 1 : 0);
    },
  });
  new Gauge({
    name: "idp_password_hashes_waiting",
    help: "Password checks waiting for a core",
    registers: [metrics],
    collect() {
      this.set(hasher.waiting);
    },
  });

  const mailed = new Counter({
    name: "idp_mails_total",
    help: "Mails, by outcome of each attempt",
    labelNames: ["outcome"],
    registers: [metrics],
  });
  const mails = new MailQueue({
    mails: mailRepository,
    send: (mail) => mailServer.send(mail),
    from: {
      name: pages.translate("fr", "interactions.name", { territory: config.name }),
      address: `ne-pas-repondre@${new URL(config.issuer).hostname}`,
    },
    log,
    counted: (outcome) => mailed.inc({ outcome }),
  });
  new Gauge({
    name: "idp_mails_waiting",
    help: "Mails the mail server has not taken yet",
    registers: [metrics],
    async collect() {
      this.set(await mailRepository.waiting());
    },
  });

  const app = await createHttp({
    log,
    metrics,
    cookieKey: keys.forms,
    authenticators: {
      operator: async (request) => {
        const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
        if (!sameSecret(token, config.secrets.operatorToken))
          throw new Problem("operator.refused", { status: 401 });
      },
    },
    cookieAuth: [],
    apiPrefixes: ["/operator/"],
    ready: async () => ({ ok: await database.answers(), details: {} }),
    renderProblem: (request, _reply, problem) => problemPage(pages, request, problem),
    metricsToken: config.secrets.metricsToken,
    proxies: config.listen.proxies,
    limited: !config.development,
  });
  const signIns = new Counter({
    name: "idp_sign_ins_total",
    help: "Sign-ins with a password, by outcome",
    labelNames: ["outcome"],
    registers: [metrics],
  });
  signInRoutes(app, {
    accounts,
    hasher,
    throttle,
    journal,
    host,
    pages,
    secure: !config.development,
    log,
    counted: (outcome) => signIns.inc({ outcome }),
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
    letters: new RegistrationMails(pages, config.issuer),
    codeKey: keys.codes,
    secure: !config.development,
  });
  operatorRoutes(app, { accounts, clients, hasher, journal });
  pageRoutes(app, { pages, host, accounts, clients, secure: !config.development });
  await app.ready();

  const stopChores = startChores(
    [
      { name: "keys", everyMs: 15_000, work: () => host.loadKeys() },
      { name: "logouts", everyMs: 2_000, work: () => logouts.retryDue() },
      { name: "mails", everyMs: 2_000, work: () => mails.sendDue() },
      { name: "expired", everyMs: 60_000, work: () => removeAllExpired((n) => artifacts.removeExpired(n)) },
      { name: "journal chain", everyMs: 1_000, work: () => chain.chain() },
      { name: "journal check", everyMs: 5_000, work: () => watch.step() },
      { name: "asked", everyMs: 60_000, work: () => removeAllExpired((n) => registrations.removeExpired(n)) },
      {
        name: "old mails",
        everyMs: 600_000,
        work: () => removeAllExpired((n) => mailRepository.removeOld(n)),
      },
      { name: "throttle", everyMs: 600_000, work: () => throttle.removeFaded() },
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
    artifacts,
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
