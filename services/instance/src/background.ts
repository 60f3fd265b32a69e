import { Relay } from "@interco/platform/relay";
import { addGraphileJobs } from "@interco/platform/relay-jobs";
import type { Deps } from "./deps.ts";
import { startWorker } from "./jobs/worker.ts";
import { startSharing } from "./sharing/sharing.ts";

export interface Background {
  stop: () => Promise<void>;
}

/** What runs beside HTTP: the relay, the inbox, the worker. Each survives the death of what it talks to. */
export async function startBackground(deps: Deps): Promise<Background> {
  const { config, log, nats } = deps;
  const relay = new Relay({
    database: config.database.worker,
    entities: config.hostedIds,
    nats,
    log,
    addJobs: addGraphileJobs,
  });
  relay.start();
  deps.background.nudge = () => relay.nudge();
  const sharing = startSharing(deps);
  const worker = await startWorker(deps);
  return {
    stop: async () => {
      await worker.stop();
      await sharing.stop();
      await relay.stop();
    },
  };
}
