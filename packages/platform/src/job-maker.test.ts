import { expect, it } from "vitest";
import { changedLine, eventually, HUB, newRequest, say, startTransport } from "../test/transport-fixture.ts";
import { recordJobs } from "../test/transport-records.ts";
import { jobLine, type OutboxLine } from "./outbox.ts";

type Transport = Awaited<ReturnType<typeof startTransport>>;

const allMade = (t: Transport) =>
  eventually(async () => {
    const { rows } = await t.hubAdmin.query("select 1 from outbox where jobs_done_at is null");
    expect(rows).toEqual([]);
  });

const keyOf = ({ aggregate, eventId }: OutboxLine) => `${aggregate}:${eventId}`;

async function jobsMade(t: Transport): Promise<string[]> {
  return (await t.hubAdmin.query("select key from job_made order by key")).rows.map((row) => row.key);
}

it("makes each job once, under a key of its aggregate and its event, however often it fails before", async () => {
  await using t = await startTransport();
  let failures = 2;
  t.jobs({
    addJobs: async (jobs, trx) => {
      await recordJobs(jobs, trx);
      if (failures-- > 0) throw new Error("no");
    },
  });
  const two = changedLine(newRequest(), 1, [
    { task: "mail", payload: {} },
    { task: "deadline", payload: {}, runAt: new Date() },
  ]);
  const alone = jobLine({
    entity: HUB,
    aggregate: newRequest(),
    version: 1,
    jobs: [{ task: "mail", payload: {} }],
  });
  await say(t, two, alone);
  await allMade(t);
  expect(await jobsMade(t)).toEqual([keyOf(two), `${keyOf(two)}:1`, keyOf(alone)].sort());
});

it("makes each job once where several processes make them", async () => {
  await using t = await startTransport();
  const makers = [t.jobs(), t.jobs(), t.jobs()];
  const lines = Array.from({ length: 60 }, () =>
    changedLine(newRequest(), 1, [{ task: "mail", payload: {} }]),
  );
  for (const line of lines) {
    await say(t, line);
    for (const maker of makers) maker.nudge();
  }
  await allMade(t);
  expect(await jobsMade(t)).toEqual(lines.map(keyOf).sort());
});
