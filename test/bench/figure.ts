/** One figure of the benchmark: a median of rounds, with the rounds it comes from. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** At least this much is wanted. */
  floor?: number;
  /** At most this much is wanted. */
  ceiling?: number;
  runs: number[];
  /** What was compared with what, in a few words. */
  note: string;
}

export const ROUNDS = Number(process.env.INTERCO_BENCH_ROUNDS ?? 5);

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value below which `share` of the values lie (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function figure(
  name: string,
  unit: string,
  runs: readonly number[],
  wanted: { floor?: number; ceiling?: number },
  note: string,
): Figure {
  return { name, value: round(median(runs)), unit, ...wanted, runs: runs.map(round), note };
}

export function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** A table for people: what was wanted, what was seen. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map((one) => [
    one.name,
    `${one.value} ${one.unit}`,
    one.floor !== undefined ? `≥ ${one.floor}` : one.ceiling !== undefined ? `≤ ${one.ceiling}` : "",
    one.floor === undefined && one.ceiling === undefined ? "" : reached(one) ? "reached" : "NOT REACHED",
    one.note,
  ]);
  const head = ["figure", "median", "wanted", "", "what"];
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => row[at]?.length ?? 0)));
  return [head, ...rows]
    .map((row) => row.map((cell, at) => (cell ?? "").padEnd(widths[at] ?? 0)).join("  "))
    .join("\n");
}

export function reached(one: Figure): boolean {
  return (
    (one.floor === undefined || one.value >= one.floor) &&
    (one.ceiling === undefined || one.value <= one.ceiling)
  );
}
