import { spawn } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { connect } from "@nats-io/transport-node";
import pg from "pg";
import { request } from "undici";
import type { Bench } from "./bench.ts";
import { Client, hiddenFields, signIn } from "./client.ts";
import { Drafts } from "./drafts.ts";
import { type Figure, figure, percentile, ROUNDS, round } from "./figure.ts";
import { TYPED } from "./submission.ts";

const PER_SECOND = 50;
const SECONDS = 6;
const SLUG = "signaler-un-probleme";

/**
 * (b) From the commit on the agglomeration's instance (its answer to the citizen) to the row readable over HTTP in the commune's
 * backoffice, at 50 submissions/s; against a core NATS round trip; and again while a write transaction stays open elsewhere.
 */
export async function visibilityFigures(bench: Bench): Promise<Figure[]> {
  const reader = new Client();
  const woippy = bench.site("57751");
  await signIn(reader, woippy.backoffice, bench.account("agent", "57751"));
  const p50: number[] = [];
  const p99: number[] = [];
  const ratios: number[] = [];
  const open: number[] = [];
  const openP99: number[] = [];
  // Code that runs for the first time is compiled meanwhile.
  await measure(bench, reader);
  for (let at = 0; at < ROUNDS; at += 1) {
    const plain = await measure(bench, reader);
    const nats = await natsRoundTrip(bench);
    const release = await holdTransaction(bench);
    const held = await measure(bench, reader).finally(release);
    console.log(
      `  visibility: p50 ${round(percentile(plain, 0.5))} ms, p99 ${round(percentile(plain, 0.99))} ms; transaction open: ${round(percentile(held, 0.5))} and ${round(percentile(held, 0.99))}; NATS ${round(nats)} ms`,
    );
    p50.push(percentile(plain, 0.5));
    p99.push(percentile(plain, 0.99));
    ratios.push(percentile(plain, 0.5) / nats);
    open.push(percentile(held, 0.5) / percentile(plain, 0.5));
    openP99.push(percentile(held, 0.99));
  }
  return [
    figure(
      "visibility_p50_ms",
      "ms",
      p50,
      {},
      "commit on the agglomeration to row readable at the commune, 50/s",
    ),
    figure("visibility_p99_ms", "ms", p99, { ceiling: 100 }, "the same, 99th percentile"),
    figure("visibility_vs_nats_ratio", "ratio", ratios, {}, "p50 against a core NATS round trip"),
    figure(
      "visibility_open_transaction_ratio",
      "ratio",
      open,
      { floor: 0.8, ceiling: 1.2 },
      "p50 with a 10 s write transaction open in another database, against without",
    ),
    figure("visibility_open_transaction_p99_ms", "ms", openP99, { ceiling: 100 }, "p99 with it open"),
  ];
}

export async function measure(bench: Bench, reader: Client): Promise<number[]> {
  await bench.quiet();
  const hub = bench.instance("metropole");
  const drafts = await Drafts.open(hub.database, bench.entityId("200039865"), TYPED);
  await drafts.prepare(PER_SECOND * SECONDS);
  const tokens = Array.from({ length: PER_SECOND * SECONDS }, () => drafts.take());
  const citizen = new Client();
  const form = await citizen.get(`${hub.url}demarches/${SLUG}?commune=57751`);
  const csrf = hiddenFields(form.body)._csrf ?? "";
  const committed = new Map<string, number>();
  const seen = new Map<string, number>();
  const watching = new AbortController();
  const watch = watchList(bench, reader, seen, watching.signal);
  const sendings: Promise<void>[] = [];
  const began = performance.now();
  for (const [index, token] of tokens.entries()) {
    await wait(Math.max(0, began + (index * 1000) / PER_SECOND - performance.now()));
    sendings.push(
      send(hub.url, token, csrf, citizen.cookies(hub.url)).then(
        () => void committed.set(token, performance.now()),
      ),
    );
  }
  await Promise.all(sendings);
  const ids = await drafts.requestIds(tokens);
  await drafts.close();
  const deadline = performance.now() + 20_000;
  while ([...ids.values()].some((id) => !seen.has(id)) && performance.now() < deadline) await wait(20);
  watching.abort();
  await watch;
  // A row may be readable before the citizen's own answer has come back: that is no wait at all.
  return tokens.map((token) =>
    Math.max(0, (seen.get(ids.get(token) ?? "") ?? Number.POSITIVE_INFINITY) - (committed.get(token) ?? 0)),
  );
}

async function send(url: string, token: string, csrf: string, cookie: string): Promise<void> {
  const target = new URL(url);
  const { statusCode, body } = await request(
    `http://127.0.0.1:${target.port}/demarches/${SLUG}/formulaire/${token}/envoi`,
    {
      method: "POST",
      headers: { host: target.host, "content-type": "application/x-www-form-urlencoded", cookie },
      body: new URLSearchParams({ _csrf: csrf }).toString(),
    },
  );
  await body.dump();
  if (statusCode !== 303) throw new Error(`a submission was answered ${statusCode}`);
}

/** Of a page: what arrived since the last one, and a few rows known already, or else the next page is read too. */
const READ = 20;

/** Reads the commune's newest rows again and again, as far as known ones; notes when each is first there. */
async function watchList(
  bench: Bench,
  reader: Client,
  seen: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const woippy = new URL(bench.site("57751").portal);
  const cookie = reader.cookies(woippy.href);
  const known = new Set<string>();
  let next: string | null = null;
  while (!signal.aborted) {
    const { statusCode, body } = await request(
      `http://127.0.0.1:${woippy.port}/api/backoffice/demandes?limite=${READ}${next ? `&apres=${encodeURIComponent(next)}` : ""}`,
      { headers: { host: woippy.host, cookie, accept: "application/json" } },
    );
    const page = (await body.json()) as { requests: { id: string }[]; next: string | null };
    if (statusCode !== 200) throw new Error(`the list was answered ${statusCode}`);
    const now = performance.now();
    const fresh = page.requests.filter(({ id }) => !known.has(id));
    for (const { id } of fresh) {
      known.add(id);
      seen.set(id, now);
    }
    next = known.size > fresh.length && fresh.length === page.requests.length ? page.next : null;
    if (!next) await wait(4);
  }
}

/** A core request and its answer through a nats-server with nothing else to do: accounts here forbid such a subject. */
async function natsRoundTrip(bench: Bench): Promise<number> {
  const port = await bench.freePort();
  const server = spawn("nats-server", ["-a", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  const nc = await connect({ servers: `nats://127.0.0.1:${port}`, waitOnFirstConnect: true });
  nc.subscribe("bench.echo", { callback: (_error, message) => void message.respond(message.data) });
  const times: number[] = [];
  for (let at = 0; at < 200; at += 1) {
    const began = performance.now();
    await nc.request("bench.echo", "x", { timeout: 2_000 });
    times.push(performance.now() - began);
  }
  await nc.close();
  server.kill("SIGTERM");
  return percentile(times, 0.5);
}

/** A write transaction that stays open in another database of the cluster; a snapshot-based relay would wait for it. */
async function holdTransaction(bench: Bench): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: await bench.database("elsewhere") });
  await client.connect();
  await client.query("create table thing (id int)");
  await client.query("begin");
  await client.query("insert into thing values (1)");
  return async () => {
    await client.query("rollback");
    await client.end();
  };
}
