import { connectDatabase } from "@interco/platform/postgres";
import { sql } from "kysely";
import type { Config } from "../config.ts";
import type { DB } from "../schema.ts";

/** How sharing does for one hosted entity, as its database says. */
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

/** What `server.ts status` prints, under the worker's role: it reads only, and needs no running process. */
export async function sharingStatus(config: Config): Promise<SharingStatus[]> {
  const db = connectDatabase<DB>(config.database.worker, { max: 1, name: `interco-status-${config.name}` });
  try {
    return await db.within({ entities: config.hostedIds }, async (trx) => {
      const { rows } = await sql<SharingStatus>`
        select hosted.entity,
          (select jsonb_build_object('waiting', count(*), 'oldestSeconds',
              coalesce(round(extract(epoch from now() - min(created_at)))::int, 0))
            from outbox o where o.entity = hosted.entity and o.subject is not null and o.published_at is null) as outbox,
          (select count(*)::int from inbox_dead d where d.entity = hosted.entity and d.replayed_at is null) as refused,
          p.compared_at as "comparedAt", p.differing_months as "differingMonths", p.rebuilt_at as "rebuiltAt"
        from unnest(${[...config.hostedIds]}::text[]) as hosted (entity)
        left join projection_state p on p.entity = hosted.entity`.execute(trx);
      return rows;
    });
  } finally {
    await db.close();
  }
}
