import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { markedProcesses } from "@interco/operator/processes/leftovers";
import { serviceFetch } from "@interco/platform/http-client";
import {
  type FederationAnnouncement,
  type FederationOptions,
  startFederation,
} from "@interco/testing/federation";
import { type Figure, figure, ROUNDS, round } from "./figure.ts";
import { pssOf } from "./process-under-test.ts";

const ALL_COMMUNES = resolve(import.meta.dirname, "../../deploy/demo/federation-47.yaml");

/** How long `npm start` takes the second time, when there is nothing to make: the demonstration, from the command to `ready`. */
export async function secondStartFigure(): Promise<Figure> {
  return await inTemporaryFolder(async (data) => {
    await startAndStop({ data });
    const seconds: number[] = [];
    for (let at = 0; at < ROUNDS; at += 1) seconds.push((await startAndStop({ data })).seconds);
    return figure(
      "second_start_s",
      "s",
      seconds,
      { ceiling: 30 },
      "the demonstration, from the command to ready, its data being there",
    );
  });
}

/**
 * The agglomeration and its 46 communes, each on an instance of its own: they start, every site answers, no process is large,
 * and none is left once they are stopped; twice, for a second start must do all that too.
 */
export async function allCommunesFigures(): Promise<Figure[]> {
  return await inTemporaryFolder(async (data) => {
    const options = { data, file: ALL_COMMUNES, timeoutMs: 900_000 };
    const [first, second] = [await startAndStop(options), await startAndStop(options)];
    const largest = [first.largestMb, second.largestMb];
    return [
      {
        ...figure(
          "instance_pss_at_47_mb",
          "MB",
          largest,
          { ceiling: 120 },
          "PSS of the largest of 47 instances, each having answered",
        ),
        // A median would forgive the worse start of the two.
        value: round(Math.max(...largest)),
      },
      figure("first_start_at_47_s", "s", [first.seconds], {}, "47 instances, from nothing to ready"),
      figure("second_start_at_47_s", "s", [second.seconds], {}, "47 instances, their data being there"),
    ];
  });
}

/** One start and its clean stop. @throws Error when a site doesn't answer, or when a process outlives the stop. */
async function startAndStop(options: FederationOptions & { data: string }) {
  const began = performance.now();
  const federation = await startFederation(options);
  const seconds = (performance.now() - began) / 1_000;
  const load = loadavg()[0]?.toFixed(1);
  const said = federation.said();
  const largest = await visit(said)
    .then(() => largestInstance(said))
    .finally(() => federation.stop());
  const left = markedProcesses(options.data);
  if (left.length > 0) throw new Error(`processes outlived the stop: ${left.join(", ")}`);
  console.log(
    `  start: ${seconds.toFixed(1)} s for ${said.instances.length} instances at load ${load}; the largest, ${largest.name}, has ${largest.mb.toFixed(0)} MB`,
  );
  return { seconds, largestMb: largest.mb };
}

/** A few pages of every site, as its first visitor of the day asks for them. */
async function visit(said: FederationAnnouncement): Promise<void> {
  for (const { portal } of said.entities) {
    for (const path of ["", "demarches", "suivi"]) {
      const answer = await serviceFetch(`${portal}${path}`);
      await answer.body?.cancel();
      if (answer.status !== 200) throw new Error(`${portal}${path} answered ${answer.status}`);
    }
  }
}

function largestInstance(said: FederationAnnouncement): { name: string; mb: number } {
  const sizes = said.instances.map(({ name, pid }) => ({ name, mb: pssOf(pid ?? 0) }));
  return sizes.reduce((largest, one) => (one.mb > largest.mb ? one : largest));
}

async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "interco-bench-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
