import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { closeServiceFetch } from "@interco/platform/http-client";
import { startFederation } from "@interco/testing/federation";
import { Bench } from "./bench.ts";
import { type Figure, table } from "./figure.ts";
import { listFigures } from "./list.ts";
import { memoryFigures } from "./memory.ts";
import { silentSignInRatio } from "./silent-sign-in.ts";
import { submissionRatio } from "./submission.ts";
import { visibilityFigures } from "./visibility.ts";

/**
 * `npm run bench`: every figure a ratio against a bare twin measured in the same run, interleaved, five rounds, medians.
 * `npm run bench -- list` runs those whose name contains the word.
 */
const MEASURES: Record<string, (bench: Bench) => Promise<Figure | Figure[]>> = {
  memory: memoryFigures,
  submission: submissionRatio,
  visibility: visibilityFigures,
  "silent-sign-in": silentSignInRatio,
  list: listFigures,
};

const wanted = process.argv[2];
const figures: Figure[] = [];
const federation = await startFederation();
try {
  const bench = new Bench(federation);
  for (const [name, measure] of Object.entries(MEASURES)) {
    if (wanted && !name.includes(wanted)) continue;
    console.log(name);
    figures.push(...[await measure(bench)].flat());
  }
} finally {
  await federation.stop();
  await closeServiceFetch();
}
console.log(`\n${table(figures)}`);
const folder = process.env.INTERCO_DATA ?? join(import.meta.dirname, "..", "..", ".interco");
mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, "bench.json"),
  `${JSON.stringify({ figures: figures.map(({ note: _, ...one }) => one) }, null, 2)}\n`,
);
