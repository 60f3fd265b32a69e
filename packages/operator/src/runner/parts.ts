import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { NatsAccounts } from "@interco/platform/nats-accounts";
import type { World } from "../apply/world.ts";
import {
  embeddedPostgresUrl,
  initialisePostgres,
  postgresAnswers,
  postgresSpec,
} from "../parts/embedded-postgres.ts";
import { startMailCatcher } from "../parts/mail-catcher.ts";
import {
  natsAnswers,
  natsServerSpec,
  reloadNats,
  requireNatsServer,
  writeNatsConfig,
} from "../parts/nats-server.ts";
import { childEnvironment } from "../processes/service-program.ts";
import type { Supervisor } from "../processes/supervisor.ts";
import { type Parts, portOf } from "../state/addresses.ts";
import type { DataFolder } from "../state/data-folder.ts";
import type { State } from "../state/state.ts";
import type { MailAddresses } from "./announcement.ts";

/** A PostgreSQL that was killed outright leaves processes that end by themselves; until then another one can't start. */
const OWN_CHILDREN_MS = 20_000;

export interface StartedParts {
  parts: Parts;
  mail: MailAddresses;
  natsReload: World["natsReload"];
  stopMail: () => Promise<void>;
}

/** Starts PostgreSQL, NATS and the mail catcher, save those the environment gives from outside. */
export async function startParts(
  folder: DataFolder,
  state: State,
  accounts: NatsAccounts,
  processes: Supervisor,
): Promise<StartedParts> {
  const { DATABASE_URL, NATS_URL, SMTP_URL } = process.env;
  if (!NATS_URL) requireNatsServer();
  const [postgres, nats, caught] = await Promise.all([
    DATABASE_URL ? externalPostgres(DATABASE_URL) : ownPostgres(folder, state, processes),
    NATS_URL ?? ownNats(folder, state, accounts, processes),
    SMTP_URL ? undefined : startMailCatcher({ web: portOf(state, "mail"), smtp: portOf(state, "smtp") }),
  ]);
  const smtp = SMTP_URL ?? caught?.smtp ?? "";
  return {
    parts: { postgres, nats, smtp },
    mail: { web: caught?.web ?? null, api: caught?.api ?? null, smtp },
    natsReload: NATS_URL ? undefined : (works) => reloadNats(processes.pid("nats") ?? 0, works),
    stopMail: async () => caught?.stop(),
  };
}

async function externalPostgres(url: string): Promise<string> {
  await postgresAnswers(url, 5_000).catch((error: Error) => {
    throw new Error(`DATABASE_URL doesn't answer: ${error.message}`);
  });
  return url;
}

async function ownPostgres(folder: DataFolder, state: State, processes: Supervisor): Promise<string> {
  await initialisePostgres(folder.postgres);
  const port = portOf(state, "postgres");
  const url = embeddedPostgresUrl(folder.postgres, port);
  const spec = {
    child: { ...postgresSpec({ folder: folder.postgres, port }), env: childEnvironment(folder) },
    mark: "postgres",
    ready: async () => {
      await postgresAnswers(url, 0);
      return true;
    },
  };
  const end = Date.now() + OWN_CHILDREN_MS;
  for (;;) {
    try {
      await processes.ensure(spec);
      return url;
    } catch (error) {
      if (Date.now() > end || !/shared memory block .* still in use/.test(String(error))) throw error;
      await delay(300);
    }
  }
}

async function ownNats(
  folder: DataFolder,
  state: State,
  accounts: NatsAccounts,
  processes: Supervisor,
): Promise<string> {
  const options = { folder: folder.nats, port: portOf(state, "nats") };
  writeNatsConfig(options, accounts);
  const url = `nats://127.0.0.1:${options.port}`;
  await processes.ensure({
    child: { ...natsServerSpec(options), env: childEnvironment(folder) },
    mark: join(folder.nats, "nats.conf"),
    ready: async () => {
      await natsAnswers(url, accounts.hub, 0);
      return true;
    },
  });
  return url;
}
