import type { Logger } from "@interco/platform/log";

/** One thing done again and again, never twice at once. */
export interface Chore {
  name: string;
  everyMs: number;
  work: () => Promise<unknown>;
}

/** Starts chores; returns what stops them and waits for those under way. */
export function startChores(chores: readonly Chore[], log: Logger): () => Promise<void> {
  const running = new Set<Promise<unknown>>();
  const timers = chores.map((chore) => {
    let busy = false;
    return setInterval(() => {
      if (busy) return;
      busy = true;
      const done = chore
        .work()
        .catch((err: unknown) => log.error({ err, chore: chore.name }, "a chore failed"))
        .finally(() => {
          busy = false;
          running.delete(done);
        });
      running.add(done);
    }, chore.everyMs);
  });
  return async () => {
    for (const timer of timers) clearInterval(timer);
    await Promise.all(running);
  };
}

/** The chore that removes what `remove` finds too old, a bounded batch at a time. */
export function removing(name: string, everyMs: number, remove: (limit: number) => Promise<number>): Chore {
  return { name, everyMs, work: () => removeAllExpired(remove) };
}

/** Removes expired rows a bounded batch at a time, so that no lock and no transaction is long. */
export async function removeAllExpired(
  removeExpired: (limit: number) => Promise<number>,
  batch = 1_000,
): Promise<void> {
  while ((await removeExpired(batch)) >= batch);
}
