import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  PostgresDialect,
  type QueryResult,
  type TransactionSettings,
} from "kysely";
import type pg from "pg";
import { PreparedNames } from "./prepared-names.ts";
import type { PlannedQuery } from "./statement.ts";

/**
 * Kysely on pg, saving trips: waking a PostgreSQL process that sleeps costs a submission more than what it is asked.
 * BEGIN leaves with a transaction's first statement, COMMIT with the one that says it is the last. The pool's clients must
 * be in pipeline mode.
 */
export class PipelinedDialect extends PostgresDialect {
  readonly #pool: pg.Pool;
  readonly #begin: () => string;

  /** @param begin the text that opens a transaction, asked when one begins */
  constructor(pool: pg.Pool, begin: () => string) {
    super({ pool });
    this.#pool = pool;
    this.#begin = begin;
  }

  override createDriver(): Driver {
    return new PipelinedDriver(this.#pool, this.#begin);
  }
}

class PipelinedDriver implements Driver {
  readonly #pool: pg.Pool;
  readonly #begin: () => string;
  readonly #names = new PreparedNames();

  constructor(pool: pg.Pool, begin: () => string) {
    this.#pool = pool;
    this.#begin = begin;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return new PipelinedConnection(await this.#pool.connect(), this.#names);
  }

  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    if (settings.accessMode || settings.isolationLevel) throw new Error("no transaction here has settings");
    ours(connection).begin(this.#begin());
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await ours(connection).commit();
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await ours(connection).rollback();
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    ours(connection).release();
  }

  async destroy(): Promise<void> {
    await this.#pool.end();
  }
}

function ours(connection: DatabaseConnection): PipelinedConnection {
  return connection as PipelinedConnection;
}

/** Where a connection stands: outside a transaction; in one whose BEGIN waits for company; in one; after its end. */
type Standing = "outside" | "to begin" | "inside" | "ended";

class PipelinedConnection implements DatabaseConnection {
  readonly #client: pg.PoolClient;
  readonly #names: PreparedNames;
  #standing: Standing = "outside";
  #opening = "";
  #broken = false;

  constructor(client: pg.PoolClient, names: PreparedNames) {
    this.#client = client;
    this.#names = names;
  }

  begin(text: string): void {
    this.#opening = text;
    this.#standing = "to begin";
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { sending } = query as PlannedQuery;
    if (this.#standing === "ended")
      throw new Error("the last statement of this transaction was sent already");
    const opens = this.#standing === "to begin";
    const closes = this.#standing !== "outside" && sending?.last === true;
    if (opens) this.#standing = "inside";
    if (closes) this.#standing = "ended";
    const wire = wireOf(this.#client);
    wire.cork();
    const answers = [
      opens ? this.#client.query(this.#opening) : undefined,
      this.#client.query({
        name: sending?.name ?? (query.parameters.length > 0 ? this.#names.nameOf(query.sql) : undefined),
        text: query.sql,
        values: query.parameters as unknown[],
      }),
      closes ? this.#client.query("commit") : undefined,
    ] as const;
    wire.uncork();
    // All are awaited, whichever fails: a connection given back must have nothing under way.
    const [opened, answered, closed] = await Promise.allSettled(answers);
    if (opened.status === "rejected") this.#broken = true;
    for (const one of [opened, answered, closed]) if (one.status === "rejected") throw one.reason;
    return resultOf(answered as PromiseFulfilledResult<pg.QueryResult>);
  }

  async commit(): Promise<void> {
    const standing = this.#standing;
    this.#standing = "outside";
    if (standing !== "inside") return;
    const { command } = await this.#client.query("commit");
    // PostgreSQL answers ROLLBACK to the COMMIT of a transaction in which a statement failed.
    if (command === "ROLLBACK") throw new Error("a statement of this transaction had failed");
  }

  async rollback(): Promise<void> {
    const standing = this.#standing;
    this.#standing = "outside";
    if (standing !== "inside") return;
    await this.#client.query("rollback").catch((error: unknown) => {
      this.#broken = true;
      throw error;
    });
  }

  release(): void {
    this.#client.release(this.#broken);
  }

  // biome-ignore lint/correctness/useYield: cursors can't share a pipelined connection
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error("streams aren't used here");
  }
}

function resultOf<R>({ value }: PromiseFulfilledResult<pg.QueryResult>): QueryResult<R> {
  const { command, rowCount, rows } = value;
  const changes = command === "INSERT" || command === "UPDATE" || command === "DELETE" || command === "MERGE";
  return changes ? { numAffectedRows: BigInt(rowCount ?? 0), rows: rows ?? [] } : { rows: rows ?? [] };
}

/** The socket below a client: what is written to it while corked leaves in one system call. */
function wireOf(client: pg.PoolClient): { cork(): void; uncork(): void } {
  return (client as unknown as { connection: { stream: { cork(): void; uncork(): void } } }).connection
    .stream;
}
