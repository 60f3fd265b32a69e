import type { JobHelpers } from "graphile-worker";
import type { Database } from "../database.ts";
import type { Deps } from "../deps.ts";
import type { LetterWriter } from "../letters/letter-writer.ts";
import type { RequestLetters } from "../letters/request-letters.ts";

/** What tasks work with, under the worker's role. */
export interface TaskDeps extends Deps {
  workerDb: Database;
  letters: RequestLetters;
  writer: LetterWriter;
  /** When the job that tells a team will run, by its key: until then nothing more need be asked, it will find what is noted. */
  teamJobs: Map<string, number>;
}

/** The job's own id, stable over its retries. */
export function jobKey(helpers: JobHelpers): string {
  return helpers.job.key ?? String(helpers.job.id);
}
