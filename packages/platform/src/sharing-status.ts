import { type QueryExecutorProvider, sql } from "kysely";
import { connectDatabase } from "./postgres.ts";

/** How sharing does for one hosted entity, as its instance's database says. */
export interface SharingStatus {
  entity: string;
  /** Events not published yet, and the age of the oldest: the relay's lag. */
  outbox: { waiting: number; oldestSeconds: number };
  /** Events refused five times and not replayed. */
  refused: number;
  /** Last comparison with the source: when, how many months were wrong; last rebuild. */
  comparedAt: Date | null;
  differingMonths: number | null;
  rebuiltAt: Date | null;
}

/** Reads it for these entities, in a transaction that acts for them under the worker's role: no other sees the outbox. */
export async function readSharingStatus(
  trx: QueryExecutorProvider,
  entities: readonly string[],
): Promise<SharingStatus[]> {
  const { rows } = await sql<SharingStatus>`
    select hosted.entity,
      (select jsonb_build_object('waiting', count(*), 'oldestSeconds',
          coalesce(round(extract(epoch from clock_timestamp() - min(created_at)))::int, 0))
        from outbox o where o.entity = hosted.entity and o.subject is not null and o.published_at is null) as outbox,
      (select count(*)::int from inbox_dead d where d.entity = hosted.entity and d.replayed_at is null) as refused,
      p.compared_at as "comparedAt", p.differing_months as "differingMonths", p.rebuilt_at as "rebuiltAt"
    from unnest(${[...entities]}::text[]) as hosted (entity)
    left join projection_state p on p.entity = hosted.entity`.execute(trx);
  return rows;
}

/** The same on a connection of its own, opened as the worker's role: it needs no running process. */
export async function sharingStatus(
  workerUrl: string,
  entities: readonly string[],
): Promise<SharingStatus[]> {
  const db = connectDatabase<unknown>(workerUrl, { max: 1, name: "interco-status" });
  try {
    return await db.within({ entities }, (trx) => readSharingStatus(trx, entities));
  } finally {
    await db.close();
  }
}
