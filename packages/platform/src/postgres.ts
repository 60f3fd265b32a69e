import { AsyncLocalStorage } from "node:async_hooks";
import { Kysely, type Transaction } from "kysely";
import pg from "pg";
import { isEntityId } from "./ids.ts";
import { PipelinedDialect } from "./postgres-driver.ts";

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

export interface TransactionOptions {
  /** Its statements are prepared ones (`statement.ts`) whose one plan reads by indexes, whatever the size of the tables when it was made. */
  planned?: boolean;
  /**
   * Its lists are read in the order of an index. The planner believes that row-level security leaves a row or two, and would as
   * soon read all of an entity's rows and sort them.
   */
  ordered?: boolean;
  /** In a `repeatable` database: the commit that must not be undone, since what it tells can't be done again. */
  durable?: boolean;
}

export interface Database<S> {
  /** For tables without personal data; behind RLS it sees nothing, since no scope is set. */
  readonly open: Kysely<S>;
  readonly pool: pg.Pool;
  /**
   * One transaction under a scope. BEGIN and the settings leave with its first statement.
   */
  within<T>(
    scope: Scope,
    work: (trx: Transaction<S>) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<T>;
  /** True when PostgreSQL answers within two seconds. */
  answers(): Promise<boolean>;
  close(): Promise<void>;
}

// Counts and bigints fit a number here; PostgreSQL's int8 comes as text otherwise.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

// What PostgreSQL writes in UTC the engine reads itself, in a tenth of the driver's time; a list has two hundred of them.
const readTimestamp = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ);
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text: string) =>
  text.length < 32 && text.endsWith("+00") && text[10] === " "
    ? new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`)
    : readTimestamp(text),
);

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
    pipeline: true,
    // Of a statement whose plan it was asked to avoid, PostgreSQL before 18 thinks it endless, and would compile it first.
    options: `-c jit=off${options.repeatable ? " -c synchronous_commit=off" : ""}`,
  });
  surviveLostConnections(pool);
  const kysely = new Kysely<S>({ dialect: new PipelinedDialect(pool, openingOf) });
  return {
    open: kysely,
    pool,
    within: (scope, work, { planned = false, ordered = false, durable = false } = {}) => {
      const opening = `begin;${scopeSettings(scope, { ...(planned ? PLANNED : {}), ...(ordered ? ORDERED : {}), ...(durable ? DURABLE : {}) })}`;
      return currentOpening.run(opening, () => kysely.transaction().execute(work));
    },
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

/**
 * A connection that is lost while it is idle or ending is replaced at the next use, and one in use fails its statement: no error of
 * its own is left unhandled, which would end the process.
 */
export function surviveLostConnections(pool: pg.Pool): void {
  pool.on("error", () => {});
  pool.on("connect", (client) => {
    client.on("error", () => {});
  });
}

const currentOpening = new AsyncLocalStorage<string>();

function openingOf(): string {
  return currentOpening.getStore() ?? "begin";
}

const DURABLE = { synchronous_commit: "on" };
/** PostgreSQL would plan a statement with arrays anew each time, for the sake of their lengths. */
const PLANNED = { plan_cache_mode: "force_generic_plan", enable_seqscan: "off" };

const ORDERED = { enable_sort: "off", enable_bitmapscan: "off" };

/** The `set_config` statement of a scope. Exported for whoever widens a transaction's scope, and for tests. */
export function scopeSettings(scope: Scope, others: Readonly<Record<string, string>> = {}): string {
  for (const id of [...(scope.entities ?? []), ...(scope.site ? [scope.site] : [])]) {
    if (!isEntityId(id)) throw new Error("an entity id in a scope is malformed");
  }
  // Only what the scope names: a setting is local to its transaction, and afterwards reads as '' again, which matches nobody.
  const pairs = {
    ...(scope.entities ? { "interco.entities": scope.entities.join() } : {}),
    ...(scope.citizen ? { "interco.citizen": scope.citizen } : {}),
    ...(scope.tracking ? { "interco.tracking": scope.tracking } : {}),
    ...(scope.site ? { "interco.site": scope.site } : {}),
    ...others,
  };
  const calls = Object.entries(pairs).map(
    ([name, value]) => `set_config('${name}', ${pg.escapeLiteral(value)}, true)`,
  );
  return `select ${calls.length > 0 ? calls.join(", ") : "1"}`;
}
