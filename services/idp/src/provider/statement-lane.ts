import type { Pool, PoolClient, QueryConfig, QueryResult, QueryResultRow } from "pg";

/** Who asks for statements. Both a pool and a lane are. */
export interface Statements {
  query<R extends QueryResultRow>(statement: QueryConfig): Promise<QueryResult<R>>;
}

/** A lane that has said nothing for so long waits for a lock or a disk: who comes next takes another one. */
const STUCK_MS = 250;

interface Lane {
  client: Promise<PoolClient>;
  underWay: number;
  lastAnswer: number;
  broken: boolean;
}

/**
 * Sends the statements of all requests over one connection of a pool (its clients in pipeline mode), those of one turn of the
 * event loop in one write: waking a PostgreSQL process for a statement costs both sides more than the statement. Each is still
 * a transaction of its own. For statements that find by key and wait for no disk: they are answered in order.
 */
export class StatementLane implements Statements {
  readonly #pool: Pool;
  #lane: Lane | undefined;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async query<R extends QueryResultRow>(statement: QueryConfig): Promise<QueryResult<R>> {
    const lane = this.#join();
    lane.underWay += 1;
    try {
      const client = await lane.client;
      gather(client);
      return await client.query<R>(statement);
    } catch (error) {
      // PostgreSQL's refusal of a statement leaves its connection as it was; anything else says that it is lost.
      if ((error as { severity?: string }).severity !== "ERROR") {
        lane.broken = true;
        this.#leave(lane);
      }
      throw error;
    } finally {
      lane.lastAnswer = performance.now();
      lane.underWay -= 1;
      if (lane.underWay === 0) {
        this.#leave(lane);
        lane.client.then(
          (client) => client.release(lane.broken),
          () => {},
        );
      }
    }
  }

  #join(): Lane {
    if (this.#lane && performance.now() - this.#lane.lastAnswer > STUCK_MS) this.#lane = undefined;
    this.#lane ??= {
      client: this.#pool.connect(),
      underWay: 0,
      lastAnswer: performance.now(),
      broken: false,
    };
    return this.#lane;
  }

  #leave(lane: Lane): void {
    if (this.#lane === lane) this.#lane = undefined;
  }
}

interface Wire {
  cork(): void;
  uncork(): void;
  writableCorked: number;
}

/** Holds what is written to a client's socket until the requests read with this one have been worked on. */
function gather(client: PoolClient): void {
  const wire = (client as unknown as { connection: { stream: Wire } }).connection.stream;
  if (wire.writableCorked > 0) return;
  wire.cork();
  setImmediate(() => wire.uncork());
}
