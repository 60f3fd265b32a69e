import type { Bilingual } from "@interco/contracts/procedure";
import { sql } from "kysely";
import type { Transaction } from "../database.ts";
import type { Facets } from "./list-facets.ts";

/** Types, statuses and communes among the entity's thousand latest requests. */
export async function readFacets(trx: Transaction, entity: string): Promise<Facets> {
  const { rows } = await sql<{
    types: Record<string, Bilingual> | null;
    statuses: Record<string, Bilingual> | null;
    communes: string[] | null;
  }>`with recent as materialized (
      select type_code, type_label, status, status_label, communes from request_entity
      where entity = ${entity} and relation <> 'gone' order by received_at desc, request_id desc limit 1000)
    select (select jsonb_object_agg(type_code, type_label) from recent where type_code is not null) as types,
      (select jsonb_object_agg(status, status_label) from recent) as statuses,
      (select array_agg(distinct commune) from recent, unnest(communes) as commune) as communes`.execute(trx);
  const [found] = rows;
  const list = (labels: Record<string, Bilingual> | null | undefined) =>
    Object.entries(labels ?? {}).map(([code, label]) => ({ code, label }));
  return { types: list(found?.types), statuses: list(found?.statuses), communes: found?.communes ?? [] };
}
