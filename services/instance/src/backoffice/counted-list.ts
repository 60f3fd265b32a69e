import type { Author } from "../audit/author.ts";
import type { Transaction } from "../database.ts";
import type { Deps } from "../deps.ts";
import type { QueueCounts } from "./queue-counts.ts";

/** Lists read by indexes whatever the size of their tables: their one plan is kept, for planning each costs more than running it. */
export const LISTS = { planned: true, ordered: true } as const;

/** A page of a list and the agent's counters, read beside each other. */
export async function readCountedList<Page>(
  { db, counters }: Pick<Deps, "db" | "counters">,
  author: Author,
  readList: (trx: Transaction) => Promise<Page>,
): Promise<{ counts: QueueCounts; page: Page }> {
  const scope = { entities: [author.entity] };
  const [counts, page] = await Promise.all([
    db.within(scope, (trx) => counters.read(trx, author, { last: true }), LISTS),
    db.within(scope, readList, LISTS),
  ]);
  return { counts, page };
}
