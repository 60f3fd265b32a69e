import type { Author } from "../audit/author.ts";
import type { Transaction } from "../database.ts";
import { COUNTED_AT_MOST, type Counted, countQueues } from "./queue-counts-repository.ts";

/** How many requests wait in each queue, at most `COUNTED_AT_MOST`. */
export interface QueueCounts {
  toProcess: number;
  /** Of those, from the agglomeration. */
  toProcessShared: number;
  toDispatch: number;
  late: number;
  mine: number;
  shared: number;
  /** By team code, of those to process. */
  teams: Record<string, number>;
}

const KEPT_FOR_MS = 30_000;

/**
 * The counters of every backoffice page. One that has reached its limit says "999+" whatever comes: it isn't counted again for
 * half a minute, and only then can be seen to have fallen below. All others are counted each time.
 */
export class QueueCounters {
  /** By entity and agent. */
  readonly #full = new Map<string, { counts: Partial<Counted>; until: number }>();

  /** Counts for one agent of an entity: in a `planned` transaction there is nothing to plan, and as its last statement nothing to end. */
  async read(
    trx: Transaction,
    { entity, agentId }: Pick<Author, "entity" | "agentId">,
    { last = false } = {},
  ): Promise<QueueCounts> {
    const key = `${entity}/${agentId}`;
    const held = this.#full.get(key);
    const known = held && held.until > Date.now() ? held : null;
    const counts = await countQueues(trx, entity, agentId, { known: known?.counts ?? {}, last });
    const full = fullOnes(counts);
    if (Object.keys(full).length > 0)
      this.#full.set(key, { counts: full, until: known?.until ?? Date.now() + KEPT_FOR_MS });
    else this.#full.delete(key);
    const { toProcess, ...others } = counts;
    const teams: QueueCounts["teams"] = {};
    for (const { team, n } of toProcess) if (team) teams[team] = (teams[team] ?? 0) + n;
    return {
      ...others,
      toProcess: sum(toProcess),
      toProcessShared: sum(toProcess.filter((one) => one.shared)),
      teams,
    };
  }
}

function fullOnes({ toProcess, ...others }: Counted): Partial<Counted> {
  const full = Object.entries(others).filter(([, count]) => count >= COUNTED_AT_MOST);
  return { ...(sum(toProcess) >= COUNTED_AT_MOST ? { toProcess } : {}), ...Object.fromEntries(full) };
}

const sum = (counts: Counted["toProcess"]) => counts.reduce((total, { n }) => total + n, 0);
