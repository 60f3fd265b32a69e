import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { closeServiceFetch } from "@interco/platform/http-client";
import { startFederation } from "@interco/testing/federation";
import { Bench } from "./bench.ts";
import { allCommunesFigures, secondStartFigure } from "./federation.ts";
import { type Figure, table } from "./figure.ts";
import { listFigures } from "./list.ts";
import { memoryFigures } from "./memory.ts";
import { passwordSignInFigures } from "./password-sign-in.ts";
import { silentSignInRatio } from "./silent-sign-in.ts";
import { submissionRatio } from "./submission.ts";
import { visibilityFigures } from "./visibility.ts";

/**
 * `npm run bench`: speeds are ratios against a bare twin measured in the same run, interleaved, five rounds, medians; starts and
 * sizes are absolute. `npm run bench -- list` runs those whose name contains the word.
 */
const STARTS: Record<string, () => Promise<Figure | Figure[]>> = {
  "federation start": secondStartFigure,
  "federation of all communes": allCommunesFigures,
};
const MEASURES: Record<string, (bench: Bench) => Promise<Figure | Figure[]>> = {
  memory: memoryFigures,
  submission: submissionRatio,
  visibility: visibilityFigures,
  "silent-sign-in": silentSignInRatio,
  "password-sign-in": passwordSignInFigures,
  list: listFigures,
};

const wanted = process.argv[2];
const isWanted = ([name]: [string, unknown]) => !wanted || name.includes(wanted);
const figures: Figure[] = [];
// Starts come first, each on a machine that runs nothing of ours beside it.
for (const [name, measure] of Object.entries(STARTS).filter(isWanted)) {
  console.log(name);
  figures.push(...[await measure()].flat());
}
const measures = Object.entries(MEASURES).filter(isWanted);
if (measures.length > 0) {
  const federation = await startFederation();
  try {
    const bench = new Bench(federation);
    for (const [name, measure] of measures) {
      console.log(name);
      figures.push(...[await measure(bench)].flat());
    }
  } finally {
    await federation.stop();
  }
}
await closeServiceFetch();
if (figures.length === 0) {
  console.error(
    `No measure has "${wanted}" in its name: ${[...Object.keys(STARTS), ...Object.keys(MEASURES)].join(", ")}.`,
  );
  process.exit(2);
}
console.log(`\n${table(figures)}`);
const folder = process.env.INTERCO_DATA ?? join(import.meta.dirname, "..", "..", ".interco");
mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, "bench.json"),
  `${JSON.stringify({ figures: figures.map(({ note: _, ...one }) => one) }, null, 2)}\n`,
);
