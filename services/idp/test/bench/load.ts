export interface Throughput {
  count: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** Does one thing again and again for a while, so many at once; `turn` counts from 0. */
export async function repeatFor(
  { concurrency, durationMs }: { concurrency: number; durationMs: number },
  work: (turn: number) => Promise<void>,
): Promise<Throughput> {
  const from = performance.now();
  const times: number[] = [];
  let turn = 0;
  const worker = async () => {
    while (performance.now() < from + durationMs) {
      const start = performance.now();
      await work(turn++);
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const seconds = (performance.now() - from) / 1000;
  return { count: times.length, perSecond: times.length / seconds, ...percentiles(times) };
}

export function percentiles(times: number[]): { p50Ms: number; p99Ms: number } {
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
