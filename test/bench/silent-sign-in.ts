import { silentSigninRatio } from "../../services/idp/test/bench/compare.ts";
import type { Bench } from "./bench.ts";
import { type Figure, figure, ROUNDS } from "./figure.ts";

/**
 * (c) Silent sign-ins (authorization, code, token) on PostgreSQL against `oidc-provider` in memory: same features, as many clients;
 * and how long one takes at half of what the round reached.
 */
export async function silentSignInRatio(bench: Bench): Promise<Figure[]> {
  const database = await bench.serviceDatabase("idp");
  const { runs } = await silentSigninRatio({ database, rounds: ROUNDS });
  for (const run of runs) {
    console.log(
      `  silent sign-in: ${run.postgresPerSecond.toFixed(0)}/s against ${run.memoryPerSecond.toFixed(0)}/s in memory, at half load p50 ${run.halfLoadP50Ms.toFixed(1)}, p99 ${run.halfLoadP99Ms.toFixed(1)} ms (in memory ${run.memoryP99Ms.toFixed(1)})`,
    );
  }
  const ratios = runs.map((run) => run.postgresPerSecond / run.memoryPerSecond);
  return [
    figure(
      "silent_signin_ratio",
      "ratio",
      ratios,
      { floor: 0.6 },
      "silent sign-in on PostgreSQL against oidc-provider in memory",
    ),
    figure(
      "silent_signin_p99_ms",
      "ms",
      runs.map((run) => run.halfLoadP99Ms),
      { ceiling: 50 },
      "the same at half load, from when each was due",
    ),
  ];
}
