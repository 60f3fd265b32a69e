import { scopeSettings } from "@interco/platform/postgres";
import pg from "pg";
import { request } from "undici";
import type { Bench } from "./bench.ts";
import { Client, signIn } from "./client.ts";
import { type Figure, figure, percentile, ROUNDS, round } from "./figure.ts";

const ROWS = Number(process.env.INTERCO_BENCH_ROWS ?? 1_000_000);
const READS = 200;
const WARMING = 50;

/** (d) A backoffice list with a million requests: the server's p95, against the raw SQL of the same page. */
export async function listFigures(bench: Bench): Promise<Figure[]> {
  const { database } = bench.instance("montigny");
  const entity = bench.entityId("57480");
  await fill(bench, entity);
  const agent = new Client();
  const site = bench.site("57480");
  await signIn(agent, site.backoffice, bench.account("agent", "57480"));
  const raw = new pg.Client({ connectionString: database });
  await raw.connect();
  await assertPlan(raw, entity);
  const p95: number[] = [];
  const ratios: number[] = [];
  // A process that has just started compiles its code meanwhile: agents meet one that has run for days.
  await times(READS, () => readPage(site.portal, agent));
  for (let at = 0; at < ROUNDS; at += 1) {
    const page = await times(READS, () => readPage(site.portal, agent));
    const sql = await times(READS, () => readRaw(raw, entity));
    console.log(
      `  list: page p95 ${round(percentile(page, 0.95))} ms, raw SQL p95 ${round(percentile(sql, 0.95))} ms`,
    );
    p95.push(percentile(page, 0.95));
    ratios.push(percentile(page, 0.5) / percentile(sql, 0.5));
  }
  await raw.end();
  return [
    figure(
      "list_p95_ms",
      "ms",
      p95,
      { ceiling: 10 },
      `a page of the backoffice's list among ${ROWS} requests`,
    ),
    figure("list_vs_sql_ratio", "ratio", ratios, {}, "the page's median against the raw SQL's"),
  ];
}

/** A million requests of one commune, one in twelve still open, over ten years. */
export async function fill(bench: Bench, entity: string): Promise<void> {
  const url = new URL(bench.admin);
  url.pathname = new URL(bench.instance("montigny").database).pathname;
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  const { rows } = await admin.query<{ count: number }>("select count(*)::int as count from request_entity");
  if ((rows[0]?.count ?? 0) < ROWS) {
    await admin.query(
      `insert into request_entity (entity, request_id, relation, owner, shared, projected, number, version, procedure_slug, procedure_title, title, place_label,
         status, status_label, status_kind, in_charge, in_charge_name, deadline, received_at, updated_at, reason, url, search)
       select $1, gen_random_uuid(), 'in_charge', $1, false, false, 'MTG-' || (2016 + n % 10) || '-' || lpad(upper(to_hex(n)), 7, '2'), 1, 'demande', '{"fr":"Demande","en":"Request"}',
         '{"fr":"Demande d''essai","en":"Test request"}', n || ' rue de l''Exemple',
         case when n % 12 = 0 then 'nouvelle' else 'resolue' end, '{"fr":"Nouvelle","en":"New"}', case when n % 12 = 0 then 'open' else 'closed' end,
         $1, 'Mairie', now() + (n % 60 - 20) * interval '1 day', now() - n * interval '5 minutes', now(), '{"fr":"démarche locale","en":"local"}', '', 'demande ' || n
       from generate_series(1, $2::int) n`,
      [entity, ROWS],
    );
    await admin.query("vacuum analyze request_entity");
    // What the filling left to write would be written while pages are read.
    await admin.query("checkpoint");
  }
  await admin.end();
}

async function readPage(portal: string, agent: Client): Promise<void> {
  const target = new URL(portal);
  const { statusCode, body } = await request(`http://127.0.0.1:${target.port}/backoffice/demandes`, {
    headers: { host: target.host, cookie: agent.cookies(portal), accept: "text/html" },
  });
  await body.dump();
  if (statusCode !== 200) throw new Error(`the list was answered ${statusCode}`);
}

const PAGE = `select * from request_entity where entity = $1 and relation = 'in_charge' and status_kind <> 'closed' order by received_at desc, request_id desc limit 51`;

async function readRaw(client: pg.Client, entity: string): Promise<void> {
  await client.query(`begin;${scopeSettings({ entities: [entity] })}`);
  await client.query({ name: "page", text: PAGE, values: [entity] });
  await client.query("commit");
}

async function assertPlan(client: pg.Client, entity: string): Promise<void> {
  await client.query(`begin;${scopeSettings({ entities: [entity] })}`);
  const { rows } = await client.query<{ "QUERY PLAN": string }>(
    `explain ${PAGE.replace("$1", pg.escapeLiteral(entity))}`,
  );
  await client.query("commit");
  const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
  if (/Seq Scan|Sort/.test(plan)) throw new Error(`the list isn't read from an index:\n${plan}`);
}

async function times(count: number, work: () => Promise<void>): Promise<number[]> {
  const measured: number[] = [];
  for (let at = 0; at < count + WARMING; at += 1) {
    const began = performance.now();
    await work();
    // The first reads warm caches, prepared plans and compiled code.
    if (at >= WARMING) measured.push(performance.now() - began);
  }
  return measured;
}
