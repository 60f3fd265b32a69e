/**
 * Silent sign-in on PostgreSQL against the in-memory twin: same configuration, same clients, rounds interleaved.
 * `silentSigninRatio` takes the URLs of an empty database (owner and service).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IdpConfig } from "@interco/contracts/idp-config";
import { freePort } from "@interco/operator/parts/free-port";
import { serviceFetch } from "@interco/platform/http-client";
import { newId } from "@interco/platform/ids";
import { Pool } from "undici";
import { makeSite, register, startProvider } from "./provider-under-test.ts";
import { type BenchClient, pushRequest, runSilentSignIns, silentSignInsAt } from "./silent-sign-in.ts";

const here = import.meta.dirname;

export interface BenchOptions {
  database: { owner: string; service: string };
  clients?: number;
  people?: number;
  rounds?: number;
  durationMs?: number;
  concurrency?: number;
  /** Wraps each measurement, to look at processes meanwhile. */
  probe?: <T>(name: string, measure: () => Promise<T>) => Promise<T>;
}

export interface BenchResult {
  ratio: number;
  runs: {
    postgresPerSecond: number;
    memoryPerSecond: number;
    halfLoadP50Ms: number;
    halfLoadP99Ms: number;
    /** The twin's, at as many sign-ins a second. */
    memoryP99Ms: number;
  }[];
}

/** Throughput of silent sign-ins over the twin's: the median of the rounds. */
export async function silentSigninRatio(options: BenchOptions): Promise<BenchResult> {
  const { clients = 47, people = 50, rounds = 5, durationMs = 4_000, concurrency = 8 } = options;
  const probe = options.probe ?? ((_name, run) => run());
  const folder = mkdtempSync(join(tmpdir(), "interco-bench-idp-"));
  const children: ChildProcess[] = [];
  try {
    const sites = Array.from({ length: clients }, (_, n) => makeSite(n));
    const ours = await startProvider(folder, options.database, children);
    for (const { metadata } of sites) await register(ours, metadata);
    const cookies: string[] = [];
    for (let n = 0; n < people; n++) cookies.push(await signInOnce(ours, n, sites[0]?.client));
    const twin = await startTwin(
      sites.map((site) => site.metadata),
      people,
      children,
    );
    const load = { clients: sites.map((site) => site.client), concurrency };
    const measure = (issuer: string, who: string[], ms: number) =>
      runSilentSignIns({ ...load, issuer, cookies: who, durationMs: ms });
    await measure(ours.issuer, cookies, 2_000);
    await measure(twin.issuer, twin.cookies, 2_000);
    const runs = [];
    for (let round = 0; round < rounds; round++) {
      const ofPostgres = () => probe("postgres", () => measure(ours.issuer, cookies, durationMs));
      const ofMemory = () => probe("memory", () => measure(twin.issuer, twin.cookies, durationMs));
      // Each goes first in turn: a machine that warms up or gets busier favours neither.
      const first = round % 2 === 0 ? await ofPostgres() : undefined;
      const memory = await ofMemory();
      const postgres = first ?? (await ofPostgres());
      // The twin at the same rate, beside it: what the machine itself makes anybody wait.
      const half = postgres.perSecond / 2;
      const at = (issuer: string, who: string[]) =>
        silentSignInsAt(half, { ...load, issuer, cookies: who, durationMs });
      const ofOurs = await at(ours.issuer, cookies);
      const ofTwin = await at(twin.issuer, twin.cookies);
      runs.push({
        postgresPerSecond: postgres.perSecond,
        memoryPerSecond: memory.perSecond,
        halfLoadP50Ms: ofOurs.p50Ms,
        halfLoadP99Ms: ofOurs.p99Ms,
        memoryP99Ms: ofTwin.p99Ms,
      });
    }
    const ratios = runs.map((run) => run.postgresPerSecond / run.memoryPerSecond).sort((a, b) => a - b);
    return { ratio: ratios[Math.floor(ratios.length / 2)] ?? 0, runs };
  } finally {
    for (const child of children) child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startTwin(clients: object[], people: number, children: ChildProcess[]) {
  const port = await freePort();
  const accounts = Array.from({ length: people }, (_, n) => ({
    id: newId(),
    kind: "personal",
    email: `p${n}@exemple.test`,
    emailVerified: true,
    givenName: "Camille",
    familyName: "Fictif",
    agentId: null,
  }));
  const child = spawn(process.execPath, [join(here, "memory-twin.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  children.push(child);
  child.stdin.end(JSON.stringify({ port, clients, accounts }));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const issuer = `http://connexion.localhost:${port}`;
  const cookies = [];
  for (const { id } of accounts) {
    const response = await serviceFetch(`${issuer}/session-for/${id}`);
    cookies.push(
      response.headers
        .getSetCookie()
        .map((line) => line.split(";")[0])
        .join("; "),
    );
  }
  return { issuer, cookies };
}

/** Makes an account and signs it in through the page; the cookie header that results. */
async function signInOnce(idp: IdpConfig, n: number, client: BenchClient | undefined): Promise<string> {
  if (!client) throw new Error("no client");
  const { Browser } = await import("../browser.ts");
  const [email, password] = [`p${n}@exemple.test`, "un mot de passe assez long"];
  await serviceFetch(`${idp.issuer}/operator/accounts`, {
    method: "POST",
    headers: { authorization: `Bearer ${idp.secrets.operatorToken}`, "content-type": "application/json" },
    body: JSON.stringify({ email, password, kind: "personal", givenName: "Camille", familyName: "Fictif" }),
  });
  const { port } = new URL(idp.issuer);
  const pool = new Pool(`http://127.0.0.1:${port}`);
  const query = await pushRequest(pool, idp.issuer, client, {
    response_type: "code",
    redirect_uri: client.redirectUri,
    scope: "openid profile email offline_access",
    code_challenge: randomBytes(32).toString("base64url"),
    code_challenge_method: "S256",
  });
  await pool.close();
  const browser = new Browser();
  const page = await browser.open(`${idp.issuer}/auth?${query}`);
  const done = await browser.submit(page, { email, password, action: "connecter" });
  if (!done.url.includes("code="))
    throw new Error(`sign-in failed: ${done.status} ${done.html.slice(0, 500)}`);
  return [...browser.cookiesOf(new URL(idp.issuer).host)]
    .filter(([name]) => name.startsWith("session"))
    .map(([name, cookie]) => `${name}=${cookie.value}`)
    .join("; ");
}
