import { Calm } from "@interco/platform/calm";
import { type App, createHttp } from "@interco/platform/http";
import { createLog, type Logger } from "@interco/platform/log";
import { createMetrics } from "@interco/platform/metrics";
import { NatsLink } from "@interco/platform/nats";
import { connectDatabase } from "@interco/platform/postgres";
import { createRenderer } from "@interco/ui/renderer";
import { TeamNames } from "./agents/team-names.ts";
import { AUTHENTICATORS, COOKIE_AUTH } from "./authenticators.ts";
import { QueueCounters } from "./backoffice/queue-counts.ts";
import type { Config } from "./config.ts";
import type { Deps } from "./deps.ts";
import { Dispatcher } from "./dispatch/dispatcher.ts";
import { FEATURES } from "./features.ts";
import { problemWords, renderProblem } from "./problem/problem-page.ts";
import { ProcedureLibrary } from "./procedures/procedure-library.ts";
import { resolveSite } from "./resolve-site.ts";
import type { DB } from "./schema.ts";
import { AccessTokens } from "./sign-in/access-tokens.ts";
import { IdentityProvider } from "./sign-in/identity-provider.ts";
import { loadSessions } from "./sign-in/load-session.ts";
import { Sites } from "./sites/site.ts";
import { Territory } from "./sites/territory.ts";

export interface RunningApp {
  http: App;
  deps: Deps;
  close: () => Promise<void>;
}

/** The instance, wired by hand. Nothing listens yet, and no background work runs: see `server.ts` and `background.ts`. */
export async function createApp(config: Config, log: Logger = createLog(config.name)): Promise<RunningApp> {
  const db = connectDatabase<DB>(config.database.service, { max: 4, name: `interco-${config.name}` });
  const territory = new Territory(db, config.agglomeration.entity);
  await territory.changed();
  const nats = new NatsLink({ ...config.nats, name: config.name, development: config.development });
  const metrics = createMetrics(config.name);
  const background = { nudge: () => {}, calm: new Calm() };
  const sites = new Sites(config, territory);
  const identity = new IdentityProvider(config);
  const deps: Deps = {
    config,
    log,
    metrics,
    db,
    nats,
    territory,
    sites,
    procedures: new ProcedureLibrary(db),
    dispatcher: new Dispatcher(db, territory),
    teams: new TeamNames(db),
    counters: new QueueCounters(),
    renderer: createRenderer({
      screens: [import.meta.dirname],
      catalogues: [import.meta.dirname],
      lenient: !config.development,
    }),
    identity,
    tokens: new AccessTokens({ db, sites, config, log, identity }),
    background,
    nudge: () => background.nudge(),
  };
  const http = await createHttp({
    log,
    metrics,
    cookieKey: config.keys.cookie,
    authenticators: AUTHENTICATORS(deps),
    cookieAuth: COOKIE_AUTH,
    // Signing out is a form, and so is whatever finds that nobody is signed in any more; an agent's
    // search by number leads to the request where it lives.
    formTargets: [config.idp.issuer, config.agglomeration.origin],
    ready: async () => ({ ok: await db.answers(), details: { nats: nats.connection ? "up" : "down" } }),
    renderProblem: (request, reply, problem) => renderProblem(deps, request, reply, problem),
    describeProblem: (request, problem) => problemWords(deps, request, problem),
    metricsToken: config.secrets.metricsToken,
    proxies: config.listen.proxies,
    calm: background.calm,
    limited: !config.development,
  });
  resolveSite(http, deps);
  loadSessions(http, deps);
  for (const register of FEATURES) await register(http, deps);
  const close = async () => {
    await http.close();
    await nats.close();
    await db.close();
  };
  return { http, deps, close };
}
