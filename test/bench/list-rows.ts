import { asAdmin } from "@interco/operator/parts/database";
import type { Bench } from "./bench.ts";

export const ROWS = Number(process.env.INTERCO_BENCH_ROWS ?? 1_000_000);

/**
 * A million requests of one commune over ten years: one in twelve is still open, one in three came from the agglomeration;
 * some are late, some somebody's own, some to dispatch, so that every queue has its pages.
 */
export async function fillList(bench: Bench, code: string): Promise<void> {
  const { instance } = bench.site(code);
  const url = new URL(bench.admin);
  url.pathname = new URL(bench.instance(instance).database).pathname;
  await asAdmin(url.href, async (admin) => {
    const { rows } = await admin.query<{ count: number }>(
      "select count(*)::int as count from request_entity",
    );
    if ((rows[0]?.count ?? 0) >= ROWS) return;
    await admin.query(
      `insert into request_entity (entity, request_id, relation, owner, shared, projected, number, version, procedure_slug, procedure_title, title, place_label,
         status, status_label, status_kind, in_charge, in_charge_name, assignee, deadline, received_at, updated_at, reason, url, search)
       select $1, gen_random_uuid(), case when n % 6000 = 0 then 'triage' else 'in_charge' end, case when n % 3 = 0 then $2 else $1 end, n % 3 = 0, n % 3 = 0,
         'MTG-' || (2016 + n % 10) || '-' || lpad(upper(to_hex(n)), 7, '2'), 1, 'demande', '{"fr":"Demande","en":"Request"}',
         '{"fr":"Demande d''essai","en":"Test request"}', n || ' rue de l''Exemple',
         case when n % 12 = 0 then 'nouvelle' else 'resolue' end, '{"fr":"Nouvelle","en":"New"}', case when n % 12 = 0 then 'open' else 'closed' end,
         $1, 'Mairie', case when n % 240 = 0 and n % 6000 <> 0 then (select agent_id from agent where entity = $1 and email = $3) end,
         now() + (n % 60 - 20) * interval '1 day', now() - n * interval '5 minutes', now(), '{"fr":"démarche locale","en":"local"}', '', 'demande ' || n
       from generate_series(1, $4::int) n`,
      [bench.entityId(code), bench.entityId("200039865"), bench.account("agent", code).email, ROWS],
    );
    await admin.query("vacuum analyze request_entity");
    // What the filling left to write would be written while pages are read.
    await admin.query("checkpoint");
  });
}
