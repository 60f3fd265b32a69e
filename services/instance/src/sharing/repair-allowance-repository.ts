import { sql } from "kysely";
import type { Transaction } from "../database.ts";

/** What an entity may ask of the source: one each `every`, and so many at once after a while without. */
const ALLOWANCES = {
  /** A comparison reads all that the entity has. It asks for one an hour, and one more at each start or loss. */
  digests: { everyMinutes: 1, atOnce: 30 },
  /** Saying rows again writes as many events as there are rows: an hour of differences, or a rebuild somebody asked for. */
  repairs: { everyMinutes: 20, atOnce: 8 },
} as const;

/**
 * Takes one of what an entity may still ask for, in the transaction that answers. False: it has asked for too much, and is to be
 * answered later; the hourly comparison finds what is still wrong. Each costs the entity some time, and that time may lie ahead
 * by as much as `atOnce` costs (the generic cell rate algorithm, ITU-T I.371): no history to keep, one statement.
 */
export async function takeAllowance(
  trx: Transaction,
  entity: string,
  kind: keyof typeof ALLOWANCES,
): Promise<boolean> {
  const { everyMinutes, atOnce } = ALLOWANCES[kind];
  const column = sql.ref(`${kind}_paid_until`);
  const next = sql`greatest(now(), coalesce(projection_state.${column}, now())) + make_interval(mins => ${everyMinutes})`;
  const { rows } = await sql`
    insert into projection_state (entity, ${column}) values (${entity}, now() + make_interval(mins => ${everyMinutes}))
    on conflict (entity) do update set ${column} = ${next}
    where ${next} <= now() + make_interval(mins => ${everyMinutes * atOnce})
    returning 1`.execute(trx);
  return rows.length > 0;
}
