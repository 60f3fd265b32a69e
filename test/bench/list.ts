import { scopeSettings } from "@interco/platform/postgres";
import pg from "pg";
import { request } from "undici";
import type { Bench } from "./bench.ts";
import { Client, signIn } from "./client.ts";
import { type ExecutedStatement, executedStatements } from "./executed-plans.ts";
import { type Figure, figure, percentile, ROUNDS, round } from "./figure.ts";
import { fillList, ROWS } from "./list-rows.ts";

const COMMUNE = "57480";
const READS = 200;
const WARMING = 50;
/** How many pages lie before the deep one. */
const DEEP = 200;
/** Rows of `request_entity` that no statement of an unfiltered page may exceed, however many there are: where its counters stop. */
const READ_AT_MOST = 1_000;
/** PostgreSQL settles on the plan of a prepared statement after some uses. */
const USES_TO_PLAN = 12;

const EVERYTHING = "/backoffice/demandes";
/** What the side of the screen leads to, each in its own first order. */
const QUEUES = [
  "/backoffice/",
  "/backoffice/a-orienter",
  "/backoffice/demandes?file=en-retard",
  "/backoffice/demandes?file=miennes",
  "/backoffice/demandes?file=metropole",
];

/** (d) Backoffice lists with a million requests: the server's p95, against the raw SQL of the same page. */
export async function listFigures(bench: Bench): Promise<Figure[]> {
  await fillList(bench, COMMUNE);
  const agent = new Client();
  const site = bench.site(COMMUNE);
  await signIn(agent, site.backoffice, bench.account("agent", COMMUNE));
  const read = (path: string) => readPage(site.portal, agent, path);
  const deep = await deepPage(read);
  const pages = [EVERYTHING, deep, ...QUEUES];
  // A process that has just started compiles its code meanwhile: agents meet one that has run for days.
  for (const path of pages) await times(READS, () => read(path));
  const statements: ExecutedStatement[] = [];
  for (const path of pages) statements.push(...(await boundedStatements(bench, site.instance, path, read)));
  const raw = await RawPage.open(bench, statements);
  const rounds: { everything: number; deep: number; queues: number[]; ratio: number }[] = [];
  for (let at = 0; at < ROUNDS; at += 1) {
    const page = await times(READS, () => read(EVERYTHING));
    const sql = await times(READS, () => raw.read());
    const deepP95 = percentile(await times(READS, () => read(deep)), 0.95);
    const queues: number[] = [];
    for (const path of QUEUES) queues.push(percentile(await times(READS, () => read(path)), 0.95));
    const seen = {
      everything: percentile(page, 0.95),
      deep: deepP95,
      queues,
      ratio: percentile(page, 0.5) / percentile(sql, 0.5),
    };
    console.log(
      `  list: p95 ${round(seen.everything)} ms, raw SQL ${round(percentile(sql, 0.95))} ms, page ${DEEP} ${round(seen.deep)} ms, queues ${queues.map(round).join(" ")} ms`,
    );
    rounds.push(seen);
  }
  await raw.close();
  const runs = (of: "everything" | "deep" | "ratio") => rounds.map((seen) => seen[of]);
  const ofQueues = QUEUES.map((_, at) => rounds.map(({ queues }) => queues[at] ?? Number.NaN));
  // Of each queue its median, as of every figure, and of those the worst.
  const slowest = ofQueues.reduce((worst, one) =>
    percentile(one, 0.5) > percentile(worst, 0.5) ? one : worst,
  );
  return [
    figure("list_p95_ms", "ms", runs("everything"), { ceiling: 10 }, `the first page of ${ROWS} requests`),
    figure("list_deep_p95_ms", "ms", runs("deep"), { ceiling: 10 }, `the page behind ${DEEP} others`),
    figure("list_queues_p95_ms", "ms", slowest, { ceiling: 10 }, "the slowest of the agents' queues"),
    figure("list_vs_sql_ratio", "ratio", runs("ratio"), {}, "the first page's median against its SQL's"),
  ];
}

type Read = (path: string) => Promise<string>;

/** The address one comes to by "next", page after page. @throws Error when a request is shown twice on the way. */
async function deepPage(read: Read): Promise<string> {
  const shown = new Set<string>();
  let path = EVERYTHING;
  for (let page = 0; page < DEEP; page += 1) {
    const html = await read(path);
    const numbers = new Set([...html.matchAll(/MTG-\d{4}-[0-9A-Z]{7}/g)].map(([number]) => number));
    if (numbers.size === 0) throw new Error(`page ${page} shows no request`);
    for (const number of numbers) {
      if (shown.has(number)) throw new Error(`${number} is on page ${page} and on one before`);
      shown.add(number);
    }
    const next = /rel="next" href="([^"]+)"/.exec(html)?.[1];
    if (!next) throw new Error(`page ${page} has no next one`);
    path = next.replaceAll("&amp;", "&");
  }
  return path;
}

/** What PostgreSQL ran for a page. @throws Error when it read much, read a table but by an index, or skipped rows by OFFSET. */
async function boundedStatements(
  bench: Bench,
  instance: string,
  path: string,
  read: Read,
): Promise<ExecutedStatement[]> {
  const statements = await executedStatements(bench, instance, "request_entity", () =>
    times(USES_TO_PLAN, () => read(path)),
  );
  if (!statements.some(({ text }) => isPage(text))) throw new Error(`${path}: no plan of its page was seen`);
  for (const { text, reads } of statements) {
    const wrong = reads.find(({ index, rows }) => index === null || rows > READ_AT_MOST);
    if (wrong) throw new Error(`${path}: ${wrong.by} of ${wrong.rows} rows (${wrong.index}) by\n${text}`);
    if (/\boffset\b/i.test(text)) throw new Error(`${path} skips rows:\n${text}`);
  }
  return statements;
}

const isPage = (text: string) => text.includes("as cursor_at");

async function readPage(portal: string, agent: Client, path: string): Promise<string> {
  const target = new URL(portal);
  const { statusCode, body } = await request(`http://127.0.0.1:${target.port}${path}`, {
    headers: { host: target.host, cookie: agent.cookies(portal), accept: "text/html" },
  });
  const html = await body.text();
  if (statusCode !== 200) throw new Error(`${path} was answered ${statusCode}`);
  return html;
}

/** The statement of the first page as the instance sent it, without the instance. */
class RawPage {
  readonly #client: pg.Client;
  readonly #opening: string;
  readonly #query: pg.QueryConfig;

  private constructor(client: pg.Client, entity: string, text: string) {
    this.#client = client;
    this.#opening = `begin;${scopeSettings({ entities: [entity] })}`;
    this.#query = { name: "page", text, values: [entity] };
  }

  static async open(bench: Bench, statements: readonly ExecutedStatement[]): Promise<RawPage> {
    const text = statements.find((one) => isPage(one.text))?.text ?? "";
    const client = new pg.Client({ connectionString: bench.instance(bench.site(COMMUNE).instance).database });
    await client.connect();
    return new RawPage(client, bench.entityId(COMMUNE), text);
  }

  async read(): Promise<void> {
    await this.#client.query(this.#opening);
    const { rows } = await this.#client.query(this.#query);
    await this.#client.query("commit");
    if (rows.length !== 51) throw new Error(`the raw page has ${rows.length} rows`);
  }

  close(): Promise<void> {
    return this.#client.end();
  }
}

async function times(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const measured: number[] = [];
  for (let at = 0; at < count + WARMING; at += 1) {
    const began = performance.now();
    await work();
    // The first reads warm caches, prepared plans and compiled code.
    if (at >= WARMING) measured.push(performance.now() - began);
  }
  return measured;
}
