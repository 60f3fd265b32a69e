import { jobsOfAggregate } from "@interco/platform/job-maker";
import { sql } from "kysely";
import type { Transaction } from "../database.ts";

/** Keeps everyone from changing a request this entity owns; undefined when it doesn't. */
export async function lockForErasure(
  trx: Transaction,
  id: string,
): Promise<{ version: number; procedure: string; closedAt: Date | null } | undefined> {
  return trx
    .selectFrom("request")
    .select(["version", "procedure_slug as procedure", "closed_at as closedAt"])
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
}

/**
 * Closed requests of an entity whose retention has ended, the longest closed first of each procedure; `but` are left out. Of what
 * the procedure said when it was filed and what it says now the shorter counts: its author was told the one, and the entity needs
 * it no longer than the other.
 */
export async function listDueForErasure(
  trx: Transaction,
  owner: string,
  but: readonly string[],
  limit: number,
): Promise<{ id: string; closedAt: Date }[]> {
  const months = (definition: string) => sql`(${sql.ref(definition)} ->> 'retentionMonths')::int`;
  const { rows } = await sql<{ id: string; closedAt: Date }>`
    select due.id, due.closed_at as "closedAt"
    from procedure_version v
    left join procedure p on p.entity = v.entity and p.slug = v.slug
    cross join lateral (
      select r.id, r.closed_at from request r
      where r.entity = ${owner} and r.procedure_slug = v.slug and r.procedure_version = v.version
        and r.closed_at < now() - make_interval(months => least(${months("v.definition")}, ${months("p.definition")}))
        and r.id <> all (${but}::uuid[])
      order by r.closed_at limit ${limit}
    ) as due
    where v.entity = ${owner} limit ${limit}`.execute(trx);
  return rows;
}

/**
 * Deletes all that is kept of a request; its letters go with it, by their foreign key, and its jobs: one that failed for good would
 * keep what it was to write with. A job under way stays, and finds no request when it is tried again. Returns the entities that
 * had a row of it, tombstones included.
 */
export async function deleteRequest(trx: Transaction, id: string): Promise<string[]> {
  const { rows } = await sql<{ entity: string }>`
    delete from request_entity where request_id = ${id}::uuid returning entity`.execute(trx);
  await sql`delete from file_content where file_id in (select f.id from file f where f.request_id = ${id}::uuid)`.execute(
    trx,
  );
  await trx.deleteFrom("file").where("request_id", "=", id).execute();
  await trx.deleteFrom("draft").where("request_id", "=", id).execute();
  await trx.deleteFrom("request_event").where("request_id", "=", id).execute();
  await trx.deleteFrom("request").where("id", "=", id).execute();
  const { above, below } = jobsOfAggregate(id);
  await sql`select from graphile_worker.complete_jobs(array(
    select job.id from graphile_worker.jobs job
    where (job.key > ${above} and job.key < ${below}) or job.key = ${`triage-alert:${id}`}))`.execute(trx);
  return rows.map(({ entity }) => entity);
}
