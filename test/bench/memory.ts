import { serviceFetch } from "@interco/platform/http-client";
import type { Bench } from "./bench.ts";
import { type Figure, figure, ROUNDS } from "./figure.ts";
import { pssOf, startTwin } from "./process-under-test.ts";

/** (e) The PSS of one more commune's process against a bare Fastify + pg one, both having answered a few pages. */
export async function memoryFigures(bench: Bench): Promise<Figure> {
  const commune = bench.instance("montigny");
  for (const path of ["", "demarches", "suivi"]) await (await serviceFetch(`${commune.url}${path}`)).text();
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const port = await bench.freePort();
    const twin = await startTwin("bare-insert.ts", {
      BENCH_DATABASE: await bench.database("bare"),
      BENCH_PORT: String(port),
    });
    await (await fetch(`http://127.0.0.1:${port}/health/live`)).text();
    const [ours, bare] = [pssOf(commune.pid ?? 0), pssOf(twin.pid)];
    console.log(`  memory: ${ours.toFixed(0)} MB against ${bare.toFixed(0)} MB bare`);
    ratios.push(ours / bare);
    await twin.stop();
  }
  return figure(
    "instance_pss_ratio",
    "ratio",
    ratios,
    { ceiling: 2.5 },
    "PSS of a commune's process against bare Fastify + pg",
  );
}
