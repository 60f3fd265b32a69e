import { type Compilable, CompiledQuery, type QueryExecutorProvider, type QueryResult } from "kysely";

/** How a query is sent, besides its text and its values. */
export interface Sending {
  /** Its name on the connection, where it is prepared from its first use; unique in the program. */
  name?: string;
  /** COMMIT leaves with it: nothing more can be asked in its transaction, and once it has answered the commit is done. */
  last?: boolean;
}

/**
 * A statement written once and prepared once per connection: under row-level security planning costs more than running.
 * For statements with one good plan only.
 */
export interface Statement extends Sending {
  name: string;
  text: string;
}

/** A query that knows how it is sent. */
export interface PlannedQuery extends CompiledQuery {
  sending?: Sending;
}

/** Runs a statement in a transaction. What a failing last statement wrote is undone, as that of any other. */
export function runStatement<R>(
  trx: QueryExecutorProvider,
  { name, text, last = false }: Statement,
  values: readonly unknown[],
): Promise<QueryResult<R>> {
  return send(trx, { ...CompiledQuery.raw(text, [...values]), sending: { name, last } });
}

/** Runs a built query as the last of its transaction. */
export function runLast<R>(trx: QueryExecutorProvider, query: Compilable<R>): Promise<QueryResult<R>> {
  return send(trx, { ...query.compile(), sending: { last: true } });
}

function send<R>(trx: QueryExecutorProvider, query: PlannedQuery): Promise<QueryResult<R>> {
  return trx.getExecutor().executeQuery<R>(query as CompiledQuery<R>);
}
