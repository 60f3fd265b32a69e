import { addGraphileJobs, JobMaker } from "@interco/platform/job-maker";
import { Relay } from "@interco/platform/relay";
import type { Deps } from "./deps.ts";
import { startWorker } from "./jobs/worker.ts";
import { showBackground } from "./operations/background-figures.ts";
import { startSharing } from "./sharing/sharing.ts";
import { startSessionCleaning } from "./sign-in/session-cleaning.ts";

export interface Background {
  stop: () => Promise<void>;
}

/** What runs beside HTTP: the relay, the inbox, the making of jobs, the worker and the removal of ended sessions. Each survives the death of what it talks to. */
export async function startBackground(deps: Deps): Promise<Background> {
  const { config, log, nats } = deps;
  const { calm } = deps.background;
  const worker = await startWorker(deps, calm);
  const relay = new Relay({ database: config.database.worker, entities: config.hostedIds, nats, log });
  const jobs = new JobMaker({
    db: worker.db,
    entities: config.hostedIds,
    log,
    addJobs: addGraphileJobs,
    calm,
  });
  relay.start();
  jobs.start();
  deps.background.nudge = () => {
    relay.nudge();
    jobs.nudge();
  };
  const sharing = startSharing(deps);
  const cleaning = startSessionCleaning(deps);
  showBackground(deps, { relay, jobs, readers: sharing.readers, workerDb: worker.db });
  return {
    stop: async () => {
      cleaning.stop();
      await sharing.stop();
      await relay.stop();
      await jobs.stop();
      await worker.stop();
    },
  };
}
