import type { Calm } from "@interco/platform/calm";
import type { App } from "@interco/platform/http";
import type { Logger } from "@interco/platform/log";
import type { Registry } from "@interco/platform/metrics";
import type { NatsLink } from "@interco/platform/nats";
import type { Renderer } from "@interco/ui/renderer";
import type { TeamNames } from "./agents/team-names.ts";
import type { QueueCounters } from "./backoffice/queue-counts.ts";
import type { Config } from "./config.ts";
import type { Database } from "./database.ts";
import type { Dispatcher } from "./dispatch/dispatcher.ts";
import type { ProcedureLibrary } from "./procedures/procedure-library.ts";
import type { AccessTokens } from "./sign-in/access-tokens.ts";
import type { IdentityProvider } from "./sign-in/identity-provider.ts";
import type { Sites } from "./sites/site.ts";
import type { Territory } from "./sites/territory.ts";

export type { App };

/** What features are wired with, in `app.ts` and by hand: no container. */
export interface Deps {
  config: Config;
  log: Logger;
  metrics: Registry;
  db: Database;
  nats: NatsLink;
  territory: Territory;
  sites: Sites;
  procedures: ProcedureLibrary;
  dispatcher: Dispatcher;
  teams: TeamNames;
  counters: QueueCounters;
  renderer: Renderer;
  identity: IdentityProvider;
  tokens: AccessTokens;
  /** `nudge` is filled by `background.ts` once relay and job maker run; `calm` tells the job maker when requests leave it time. */
  background: { nudge: () => void; calm: Calm };
  /** Wakes the relay and the job maker after a commit, so that nobody waits for their next look. */
  nudge: () => void;
}
