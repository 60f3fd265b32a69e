import type { JobMaker } from "@interco/platform/job-maker";
import { type Sample, showCount, showLevel } from "@interco/platform/metrics";
import type { Relay } from "@interco/platform/relay";
import { readSharingStatus, type SharingStatus } from "@interco/platform/sharing-status";
import type { Database } from "../database.ts";
import type { Deps } from "../deps.ts";
import { countJobs } from "../jobs/job-repository.ts";
import type { DB } from "../schema.ts";
import type { Reader } from "../sharing/sharing.ts";

/** Several figures of one collection come from one reading. */
const FRESH_MS = 1_000;

/**
 * What runs beside HTTP, for `/metrics`: what waits to leave, what was read and refused, and the job queue. Backlogs are read in
 * the database, as `interco status` does: they are there when the process that should work them off isn't.
 */
export function showBackground(
  { metrics, config }: Pick<Deps, "metrics" | "config">,
  {
    relay,
    jobs,
    readers,
    workerDb,
  }: {
    relay: Relay;
    jobs: JobMaker<DB>;
    readers: readonly Reader[];
    workerDb: Database;
  },
): void {
  const scope = { entities: config.hostedIds };
  const sharing = shared(() => workerDb.within(scope, (trx) => readSharingStatus(trx, config.hostedIds)));
  const byEntity = (value: (status: SharingStatus) => number) => async () =>
    (await sharing()).map((status) => ({ value: value(status), labels: { entity: status.entity } }));
  const level = (name: string, help: string, read: () => Samples, labels: string[] = []) =>
    showLevel(metrics, { name: `interco_${name}`, help, labels, read });
  const count = (name: string, help: string, read: () => Samples, labels: string[] = []) =>
    showCount(metrics, { name: `interco_${name}`, help, labels, read });

  const entity = ["entity"];
  level(
    "outbox_waiting",
    "Events said and not published",
    byEntity(({ outbox }) => outbox.waiting),
    entity,
  );
  level(
    "outbox_oldest_seconds",
    "Age of the oldest of them",
    byEntity(({ outbox }) => outbox.oldestSeconds),
    entity,
  );
  level(
    "inbox_refused",
    "Events refused and not replayed",
    byEntity(({ refused }) => refused),
    entity,
  );

  level("relay_active", "1 in the process that publishes", () => one(relay.stats.active ? 1 : 0));
  count("relay_published_total", "Events published", () => one(relay.stats.published));
  count("relay_batches_total", "Rounds that published any", () => one(relay.stats.batches));
  count("relay_failures_total", "Rounds and connections that failed", () => one(relay.stats.failures));

  const byReader = (value: (reader: Reader) => number) => () =>
    readers.map((reader) => ({
      value: value(reader),
      labels: { entity: reader.entity, stream: reader.stream },
    }));
  const reader = ["entity", "stream"];
  level(
    "inbox_connected",
    "1 when it reads",
    byReader(({ stats }) => (stats.connected ? 1 : 0)),
    reader,
  );
  level(
    "inbox_behind",
    "Events behind the last one read",
    byReader(({ stats }) => stats.behind),
    reader,
  );
  count(
    "inbox_applied_total",
    "Events applied",
    byReader(({ stats }) => stats.applied),
    reader,
  );
  count(
    "inbox_repeated_total",
    "Events that came again",
    byReader(({ stats }) => stats.repeated),
    reader,
  );
  count(
    "inbox_parked_total",
    "Events refused",
    byReader(({ stats }) => stats.parked),
    reader,
  );
  count(
    "inbox_lost_total",
    "Refused events that couldn't be kept",
    byReader(({ stats }) => stats.lost),
    reader,
  );

  const queue = shared(() => countJobs(workerDb));
  level("jobs_due", "Jobs that should run now", async () => one((await queue()).due));
  level("jobs_later", "Jobs for a later time", async () => one((await queue()).later));
  level("jobs_failing", "Jobs that failed and will be tried again", async () => one((await queue()).failing));
  level("jobs_given_up", "Jobs that failed for good", async () => one((await queue()).givenUp));
  count("jobs_made_total", "Jobs made of the outbox's lines", () => one(jobs.stats.made));
  count("jobs_making_failures_total", "Times that failed", () => one(jobs.stats.failures));
}

type Samples = readonly Sample[] | Promise<readonly Sample[]>;

function one(value: number): Sample[] {
  return [{ value }];
}

function shared<T>(read: () => Promise<T>): () => Promise<T> {
  let last: { at: number; answer: Promise<T> } | undefined;
  return () => {
    if (!last || Date.now() - last.at > FRESH_MS) last = { at: Date.now(), answer: read() };
    return last.answer;
  };
}
