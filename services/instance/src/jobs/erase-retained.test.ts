import { addGraphileJobs, JobMaker } from "@interco/platform/job-maker";
import { createLog } from "@interco/platform/log";
import { connectDatabase } from "@interco/platform/postgres";
import pg from "pg";
import { expect, it, vi } from "vitest";
import { createBackoffice, file } from "../../test/backoffice-fixture.ts";
import { IDS } from "../../test/test-instance.ts";
import type { DB } from "../schema.ts";
import { eraseRetained } from "./erase-retained.ts";

const log = createLog("test", "silent");
const going = new AbortController().signal;

it("erases what was closed longer ago than its procedure keeps it, and says so in the audit", async () => {
  await using world = await startErasures();
  const { admin, left, closed, erase } = world;
  const old = await closed(13);
  const recent = await closed(11);
  const open = await world.report();
  expect(await erase()).toBe(1);
  expect(await left()).toEqual([recent, open].sort());
  const { rows } = await admin.query(
    "select entity, agent_id, act, details, request_id from audit_entry where act = 'request.erased'",
  );
  expect(rows).toEqual([
    {
      entity: IDS.metropole,
      agent_id: null,
      act: "request.erased",
      details: { cause: "retention", procedure: "signaler-un-probleme" },
      request_id: old,
    },
  ]);
  expect(await erase()).toBe(0);
});

it("keeps no longer than the procedure says today, nor than it said when the request was filed", async () => {
  await using world = await startErasures();
  const { left, closed, erase, retention } = world;
  const [thirteen, seven, five] = [await closed(13), await closed(7), await closed(5)];
  await retention("procedure", 24);
  expect(await erase()).toBe(1);
  expect(await left()).toEqual([seven, five].sort());
  await retention("procedure", 6);
  expect(await erase()).toBe(1);
  expect(await left()).toEqual([five]);
  expect(thirteen).not.toBe(seven);
});

it("leaves nothing in the queue of jobs that failed for good: they keep what they were to write with", async () => {
  await using world = await startErasures();
  const { admin, closed, erase, report } = world;
  await closed(13);
  const kept = await report();
  const worker = connectDatabase<DB>(world.database.worker, { max: 1, name: "jobs" });
  const jobs = new JobMaker({ db: worker, entities: [IDS.metropole], log, addJobs: addGraphileJobs });
  jobs.start();
  await vi.waitFor(async () =>
    expect((await admin.query("select 1 from outbox where jobs_done_at is null")).rowCount).toBe(0),
  );
  await jobs.stop();
  await worker.close();
  await admin.query("update graphile_worker._private_jobs set attempts = max_attempts");
  const requests = () =>
    admin
      .query(
        "select payload->>'requestId' as request, payload->>'tracking' is not null as code from graphile_worker._private_jobs",
      )
      .then(({ rows }) => rows);
  expect(await requests()).toHaveLength(2);
  expect(await erase()).toBe(1);
  expect(await requests()).toEqual([{ request: kept, code: true }]);
});

it("goes on with the others when one can't be erased, and leaves what another instance owns", async () => {
  await using world = await startErasures();
  const { admin, left, closed, erase } = world;
  const [stuck, free] = [await closed(20), await closed(13)];
  await admin.query("create table witness (request_id uuid references request)");
  await admin.query("insert into witness values ($1)", [stuck]);
  expect(await erase([IDS.woippy])).toBe(0);
  expect(await erase()).toBe(1);
  expect(await left()).toEqual([stuck]);
  expect(free).not.toBe(stuck);
});

/** The agglomeration's requests are kept twelve months. */
async function startErasures() {
  const instance = await createBackoffice(["metropole", "woippy"]);
  const { deps, database } = instance;
  const admin = new pg.Client({ connectionString: database.admin });
  await admin.connect();
  const workerDb = connectDatabase<DB>(database.worker, { max: 1, name: "erasure" });
  const retention = (table: "procedure" | "procedure_version", months: number) =>
    admin.query(
      `update ${table} set definition = definition || jsonb_build_object('retentionMonths', $1::int)`,
      [months],
    );
  await retention("procedure", 12);
  await retention("procedure_version", 12);
  const report = async () => (await file(instance, { commune: "57751" })).id;
  return {
    admin,
    database,
    retention,
    report,
    closed: async (months: number) => {
      const id = await report();
      await admin.query(
        "update request set status_kind = 'closed', closed_at = now() - make_interval(months => $2) where id = $1",
        [id, months],
      );
      return id;
    },
    erase: (hostedIds: string[] = [IDS.metropole, IDS.woippy]) =>
      eraseRetained({ ...deps, workerDb, log, config: { hostedIds } }, going),
    left: async () =>
      (await admin.query<{ id: string }>("select id from request order by id")).rows.map(({ id }) => id),
    [Symbol.asyncDispose]: async () => {
      await workerDb.close();
      await admin.end();
      await instance[Symbol.asyncDispose]();
    },
  };
}
