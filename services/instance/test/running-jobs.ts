import { addGraphileJobs, JobMaker } from "@interco/platform/job-maker";
import { createLog } from "@interco/platform/log";
import { startWorker } from "../src/jobs/worker.ts";
import type { TestInstance } from "./test-instance.ts";

/** Makes an instance's jobs and runs them, as `background.ts` does. */
export async function startJobs({ deps, config }: Pick<TestInstance, "deps" | "config">) {
  const worker = await startWorker(deps, deps.background.calm);
  const jobs = new JobMaker({
    db: worker.db,
    entities: config.hostedIds,
    log: createLog("test", "silent"),
    addJobs: addGraphileJobs,
  });
  jobs.start();
  return {
    stop: async () => {
      await jobs.stop();
      await worker.stop();
    },
  };
}
