import { newId } from "@interco/platform/ids";
import pg from "pg";
import { expect, it, vi } from "vitest";
import { createTestInstance, IDS } from "../../test/test-instance.ts";
import { startBackground } from "../background.ts";

it("shows what waits to leave, what was refused and what the job queue holds", async () => {
  await using instance = await createTestInstance();
  const admin = new pg.Client({ connectionString: instance.database.admin });
  await admin.connect();
  const background = await startBackground(instance.deps);
  try {
    // Nothing leaves: there is no NATS here.
    await admin.query(
      `insert into outbox (event_id, entity, aggregate, version, subject, payload, created_at, jobs_done_at)
       values ($1, $2, 'a', 1, 'entity.a.b.c', '{}', now() - interval '90 seconds', now())`,
      [newId(), IDS.woippy],
    );
    await admin.query(
      `insert into inbox_dead (event_id, entity, aggregate, subject, payload, error, attempts)
       values ($1, $2, 'a', 'shared.a.b.c', '{}', 'poison', 5)`,
      [newId(), IDS.woippy],
    );
    await admin.query(
      `select graphile_worker.add_job('team-told', run_at => now() + interval '1 hour'),
        graphile_worker.add_job('unknown', run_at => now() + interval '1 hour')`,
    );
    await admin.query(
      "update graphile_worker._private_jobs set attempts = max_attempts where task_id = (select id from graphile_worker._private_tasks where identifier = 'unknown')",
    );
    await vi.waitFor(async () => {
      const figures = await figuresOf(instance);
      expect(figures("interco_outbox_oldest_seconds", IDS.woippy)).toBeGreaterThanOrEqual(90);
      // Its profile and its digest of the start wait besides.
      expect(figures("interco_outbox_waiting", IDS.woippy)).toBe(3);
      expect(figures("interco_inbox_refused", IDS.woippy)).toBe(1);
      expect(figures("interco_relay_active")).toBe(1);
      expect(figures("interco_relay_published_total")).toBe(0);
      expect(figures("interco_inbox_connected", "SHARED")).toBe(0);
      expect(figures("interco_inbox_lost_total", "CATALOGUE")).toBe(0);
      expect(figures("interco_jobs_later")).toBe(1);
      expect(figures("interco_jobs_given_up")).toBe(1);
    }, 10_000);
  } finally {
    await background.stop();
    await admin.end();
  }
});

/** The figure of this name whose labels name this too. */
async function figuresOf(instance: { get: (url: string) => Promise<{ body: string }> }) {
  const { body } = await instance.get("/metrics");
  return (name: string, label = ""): number | undefined => {
    const line = body.split("\n").find((one) => one.startsWith(`${name}{`) && one.includes(label));
    return line === undefined ? undefined : Number(line.split(" ").at(-1));
  };
}
