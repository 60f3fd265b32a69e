import { createHash, type KeyObject, randomBytes, sign } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { Pool } from "undici";
import { percentiles, repeatFor, type Throughput } from "./load.ts";

export interface BenchClient {
  clientId: string;
  redirectUri: string;
  privateKey: KeyObject;
  kid: string;
}

export interface SilentSignInLoad {
  issuer: string;
  /** Cookie headers of people who are signed in. */
  cookies: string[];
  clients: BenchClient[];
  concurrency: number;
  durationMs: number;
}

/** Silent sign-ins (a pushed request with prompt=none, its authorization, the code's exchange by private_key_jwt) for a while. */
export async function runSilentSignIns(load: SilentSignInLoad): Promise<Throughput> {
  const pool = poolOf(load);
  const done = await repeatFor(load, (turn) => silentSignIn(pool, load, turn));
  await pool.close();
  return done;
}

/** Silent sign-ins begun at a steady rate, whatever the earlier ones take: times count from when each was due. */
export async function silentSignInsAt(
  perSecond: number,
  load: SilentSignInLoad,
): Promise<{ p50Ms: number; p99Ms: number }> {
  const pool = poolOf(load);
  const from = performance.now();
  const count = Math.floor((load.durationMs / 1000) * perSecond);
  const times = await Promise.all(
    Array.from({ length: count }, async (_, turn) => {
      const due = from + (turn * 1000) / perSecond;
      await wait(Math.max(0, due - performance.now()));
      await silentSignIn(pool, load, turn);
      return performance.now() - due;
    }),
  );
  await pool.close();
  return percentiles(times);
}

/** The client of somebody's turn. */
export function clientOf(clients: readonly BenchClient[], turn: number): BenchClient {
  const client = clients[(turn * 7) % clients.length];
  if (!client) throw new Error("no client");
  return client;
}

function poolOf({ issuer, concurrency }: SilentSignInLoad): Pool {
  return new Pool(`http://127.0.0.1:${new URL(issuer).port}`, { connections: concurrency });
}

async function silentSignIn(pool: Pool, { issuer, cookies, clients }: SilentSignInLoad, turn: number) {
  const { host } = new URL(issuer);
  const cookie = cookies[turn % cookies.length] ?? "";
  const client = clientOf(clients, turn);
  const verifier = randomBytes(32).toString("base64url");
  const query = await pushRequest(pool, issuer, client, {
    response_type: "code",
    redirect_uri: client.redirectUri,
    scope: "openid profile email offline_access",
    prompt: "none",
    state: randomBytes(16).toString("base64url"),
    nonce: randomBytes(16).toString("base64url"),
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  const authorized = await pool.request({ path: `/auth?${query}`, method: "GET", headers: { host, cookie } });
  await authorized.body.dump();
  const location = new URL(String(authorized.headers.location));
  const code = location.searchParams.get("code");
  if (!code) throw new Error(`no code: ${location.search}`);
  await exchange(pool, issuer, client, code, verifier);
}

/** The exchange of a code, as a site does it: by private_key_jwt. */
export async function exchange(
  pool: Pool,
  issuer: string,
  client: BenchClient,
  code: string,
  verifier: string,
): Promise<void> {
  const answer = await post(pool, "/token", issuer, client, {
    grant_type: "authorization_code",
    code,
    redirect_uri: client.redirectUri,
    code_verifier: verifier,
  });
  if (!answer.id_token) throw new Error(`no tokens: ${JSON.stringify(answer)}`);
}

/** The query of the address that begins a request whose parameters were pushed (RFC 9126). */
export async function pushRequest(
  pool: Pool,
  issuer: string,
  client: BenchClient,
  parameters: Record<string, string>,
): Promise<URLSearchParams> {
  const { request_uri: reference } = await post(pool, "/request", issuer, client, parameters);
  if (!reference) throw new Error("the request was refused");
  return new URLSearchParams({ client_id: client.clientId, request_uri: reference });
}

async function post(
  pool: Pool,
  path: string,
  issuer: string,
  client: BenchClient,
  form: Record<string, string>,
) {
  const { host } = new URL(issuer);
  const body = new URLSearchParams({
    ...form,
    client_id: client.clientId,
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: assertion(issuer, client),
  });
  const answer = await pool.request({
    path,
    method: "POST",
    headers: { host, "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body: body.toString(),
  });
  return (await answer.body.json()) as { id_token?: string; request_uri?: string };
}

function assertion(issuer: string, client: BenchClient): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: client.clientId,
    sub: client.clientId,
    aud: issuer,
    jti: randomBytes(16).toString("base64url"),
    iat: now,
    exp: now + 60,
  };
  const signed = `${part({ alg: "ES256", kid: client.kid })}.${part(claims)}`;
  const signature = sign("sha256", Buffer.from(signed), {
    key: client.privateKey,
    dsaEncoding: "ieee-p1363",
  });
  return `${signed}.${signature.toString("base64url")}`;
}
