import { expect, it, vi } from "vitest";
import { authorOf, file } from "../../test/backoffice-fixture.ts";
import { startLetters } from "../../test/letters-fixture.ts";
import { IDS } from "../../test/test-instance.ts";
import { writeToCitizen } from "../requests/process-request.ts";
import { transferRequest } from "../requests/transfer-request.ts";

const AUTHOR = "camille@exemple.test";
const LATER = "update graphile_worker._private_jobs set run_at = now() + interval '1 hour'";
const NOW = "update graphile_worker._private_jobs set run_at = now()";
const NEVER = "update graphile_worker._private_jobs set attempts = 25, run_at = now()";
const FILED =
  "where task_id = (select id from graphile_worker._private_tasks where identifier = 'request-filed')";
const soon = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 15_000, interval: 50 });

/** Three letters to one author to be written: of the filing, of Woippy's handing it over to Metz, and a message of Metz. */
async function startThree() {
  const letters = await startLetters();
  const { instance, mails, makeJobs } = letters;
  const request = await file(instance, { type: "depot-sauvage", commune: "57751" });
  await transferRequest(instance.deps, authorOf("woippy"), request.number, {
    to: IDS.metz,
    team: null,
    reason: "C'est à Metz.",
    correctedPlace: null,
  });
  await writeToCitizen(instance.deps, authorOf("metz"), request.number, "Nous passons demain.");
  await makeJobs();
  const arrived = async () => (await mails()).filter(({ to }) => to.includes(AUTHOR)).map(kindOf);
  return { ...letters, request, arrived, [Symbol.asyncDispose]: () => letters[Symbol.asyncDispose]() };
}

function kindOf({ text }: { text: string }): string {
  if (text.includes("Nous passons demain.")) return "message";
  return text.includes("Code de suivi") ? "filed" : "forwarded";
}

it("the letters of a request leave in the order of what happened, though the first is tried last", async () => {
  await using world = await startThree();
  await world.admin.query(`${LATER} ${FILED}`);
  const worker = await world.work();
  // Its new team is told meanwhile: no letter holds up who is to act.
  await soon(async () =>
    expect((await world.mails()).flatMap(({ to }) => to)).toContain("contact@exemple.test"),
  );
  expect(await world.arrived()).toEqual([]);
  await world.admin.query(NOW);
  await soon(async () => expect(await world.arrived()).toHaveLength(3));
  expect(await world.arrived()).toEqual(["filed", "forwarded", "message"]);
  await worker.stop();
});

it("keeps that order where a process died with the first in hand", async () => {
  await using world = await startThree();
  await world.admin.query(
    `update graphile_worker._private_jobs set locked_at = now(), locked_by = 'worker-of-the-dead', attempts = 1 ${FILED}`,
  );
  const worker = await world.work();
  await soon(async () => expect(await world.arrived()).toHaveLength(3));
  expect(await world.arrived()).toEqual(["filed", "forwarded", "message"]);
  await soon(async () => {
    const { rowCount } = await world.admin.query("select 1 from graphile_worker.jobs where run_at <= now()");
    expect(rowCount).toBe(0);
  });
  expect(await world.arrived()).toHaveLength(3);
  await worker.stop();
});

it("waits for no letter that has failed for good, nor for what its job has left to do", async () => {
  await using world = await startThree();
  await world.admin.query(`${NEVER} ${FILED}`);
  const worker = await world.work();
  await soon(async () => expect(await world.arrived()).toEqual(["forwarded", "message"]));
  await worker.stop();

  const { instance, admin, request } = world;
  // As where its letter has left, and its team's server doesn't answer: the author has had one.
  await admin.query(
    `update graphile_worker._private_jobs set attempts = 2, run_at = now() + interval '1 hour' ${FILED}`,
  );
  await writeToCitizen(instance.deps, authorOf("metz"), request.number, "Nous passons demain.");
  const second = await world.work();
  await soon(async () => expect(await world.arrived()).toEqual(["forwarded", "message", "message"]));
  await second.stop();
});
