import { AsyncLocalStorage } from "node:async_hooks";
import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  PostgresDialect,
  PostgresDriver,
  type Transaction,
  type TransactionSettings,
} from "kysely";
import pg from "pg";
import { isEntityId } from "./ids.ts";

/** On whose behalf a transaction reads and writes. What it doesn't name, row-level security hides. */
export interface Scope {
  /** Entities an agent, the relay or the inbox acts for: their ids. */
  entities?: readonly string[];
  /** The pairwise subject of the signed-in citizen. */
  citizen?: string;
  /** The HMAC (hex) of a tracking code somebody typed. */
  tracking?: string;
  /** The entity whose site a visitor is on: allows filing there, and reads nothing. */
  site?: string;
}

export interface Database<S> {
  /** For tables without personal data; behind RLS it sees nothing, since no scope is set. */
  readonly open: Kysely<S>;
  readonly pool: pg.Pool;
  /** One transaction under a scope: BEGIN and the settings go in one round trip. */
  within<T>(scope: Scope, work: (trx: Transaction<S>) => Promise<T>): Promise<T>;
  /** True when PostgreSQL answers within two seconds. */
  answers(): Promise<boolean>;
  close(): Promise<void>;
}

// Counts and bigints fit a number here; PostgreSQL's int8 comes as text otherwise.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** Opens a pool under the role of `url`. `max` connections (an instance's service role: 4; the IdP: 10). */
export function connectDatabase<S>(
  url: string,
  options: {
    max: number;
    name: string;
    /** Commits that a crash of PostgreSQL may undo without harm (work that is simply done again) needn't wait for the disk. */
    repeatable?: boolean;
  },
): Database<S> {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max,
    application_name: options.name,
    idleTimeoutMillis: 60_000,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 15_000,
    idle_in_transaction_session_timeout: 10_000,
    ...(options.repeatable ? { options: "-c synchronous_commit=off" } : {}),
  });
  // A dropped idle connection is replaced at the next use; unhandled, it would end the process.
  pool.on("error", () => {});
  pool.on("connect", (client) => {
    client.on("error", () => {});
    prepareNamed(client);
  });
  const kysely = new Kysely<S>({ dialect: new ScopedDialect({ pool }) });
  return {
    open: kysely,
    pool,
    within: (scope, work) => currentScope.run(scope, () => kysely.transaction().execute(work)),
    async answers() {
      try {
        await pool.query({ text: "select 1", query_timeout: 2_000 } as pg.QueryConfig);
        return true;
      } catch {
        return false;
      }
    },
    close: () => kysely.destroy(),
  };
}

/** A transaction that acts for these entities: agents' screens, relay, inbox, jobs. */
export function withEntities<S, T>(
  db: Database<S>,
  ids: readonly string[],
  work: (trx: Transaction<S>) => Promise<T>,
): Promise<T> {
  return db.within({ entities: ids }, work);
}

/**
 * A statement that begins with the comment of its name, `/* statement: insert-request *\/`, is prepared once per connection:
 * under row-level security planning costs more than running. For statements with one good plan only.
 */
function prepareNamed(client: pg.PoolClient): void {
  const query = client.query.bind(client) as (...words: unknown[]) => unknown;
  const named = (text: unknown, values: unknown, ...rest: unknown[]) => {
    const name = typeof text === "string" && Array.isArray(values) ? STATEMENT.exec(text)?.[1] : undefined;
    return name ? query({ name, text, values }, ...rest) : query(text, values, ...rest);
  };
  Object.assign(client, { query: named });
}

const STATEMENT = /^[^(]{0,40}\/\* statement: ([a-z-]{1,40}) \*\//;

const currentScope = new AsyncLocalStorage<Scope>();

class ScopedDialect extends PostgresDialect {
  readonly #config: { pool: pg.Pool };
  constructor(config: { pool: pg.Pool }) {
    super(config);
    this.#config = config;
  }
  override createDriver() {
    return new ScopedDriver(this.#config);
  }
}

class ScopedDriver extends PostgresDriver {
  override async beginTransaction(
    connection: DatabaseConnection,
    settings: TransactionSettings,
  ): Promise<void> {
    const scope = currentScope.getStore();
    if (!scope) return super.beginTransaction(connection, settings);
    await connection.executeQuery(CompiledQuery.raw(`begin;${scopeSettings(scope)}`));
  }
}

/** The `set_config` statement of a scope. Exported for the relay and the worker, which hold connections of their own. */
export function scopeSettings(scope: Scope): string {
  for (const id of [...(scope.entities ?? []), ...(scope.site ? [scope.site] : [])]) {
    if (!isEntityId(id)) throw new Error("an entity id in a scope is malformed");
  }
  // Every setting is set each time: on a reused connection an old one reads as '', and '' matches nobody.
  const pairs = {
    "interco.entities": scope.entities?.join(",") ?? "",
    "interco.citizen": scope.citizen ?? "",
    "interco.tracking": scope.tracking ?? "",
    "interco.site": scope.site ?? "",
  };
  const calls = Object.entries(pairs).map(
    ([name, value]) => `set_config('${name}', ${pg.escapeLiteral(value)}, true)`,
  );
  return `select ${calls.join(", ")}`;
}
