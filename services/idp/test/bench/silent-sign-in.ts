import { createHash, type KeyObject, randomBytes, sign } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { Pool } from "undici";

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

/** Silent sign-ins (authorization with prompt=none, then the code's exchange by private_key_jwt) for a while. */
export async function runSilentSignIns(
  load: SilentSignInLoad,
): Promise<{ count: number; perSecond: number; p50Ms: number; p99Ms: number }> {
  const { port, host } = new URL(load.issuer);
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: load.concurrency });
  const until = performance.now() + load.durationMs;
  const times: number[] = [];
  let turn = 0;
  const from = performance.now();
  const worker = async () => {
    while (performance.now() < until) {
      const n = turn++;
      const cookie = load.cookies[n % load.cookies.length] ?? "";
      const client = load.clients[(n * 7) % load.clients.length];
      if (!client) throw new Error("no client");
      const start = performance.now();
      await silentSignIn(pool, load.issuer, host, cookie, client);
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: load.concurrency }, worker));
  const seconds = (performance.now() - from) / 1000;
  await pool.close();
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;
  return { count: times.length, perSecond: times.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** Silent sign-ins begun at a steady rate, whatever the earlier ones take: the times from when each was due, sorted. */
export async function silentSignInsAt(
  perSecond: number,
  load: SilentSignInLoad,
): Promise<{ p50Ms: number; p99Ms: number }> {
  const { port, host } = new URL(load.issuer);
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: load.concurrency });
  const count = Math.floor((load.durationMs / 1000) * perSecond);
  const times: number[] = [];
  const from = performance.now();
  const under = Array.from({ length: count }, async (_, n) => {
    const due = from + (n * 1000) / perSecond;
    await wait(due - performance.now());
    const client = load.clients[(n * 7) % load.clients.length];
    if (!client) throw new Error("no client");
    await silentSignIn(pool, load.issuer, host, load.cookies[n % load.cookies.length] ?? "", client);
    times.push(performance.now() - due);
  });
  await Promise.all(under);
  await pool.close();
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

async function silentSignIn(pool: Pool, issuer: string, host: string, cookie: string, client: BenchClient) {
  const verifier = randomBytes(32).toString("base64url");
  const query = new URLSearchParams({
    client_id: client.clientId,
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
  const { host } = new URL(issuer);
  const body = new URLSearchParams({
    grant_type: "authorization_code",
    code,
    redirect_uri: client.redirectUri,
    code_verifier: verifier,
    client_id: client.clientId,
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: assertion(issuer, client),
  });
  const exchanged = await pool.request({
    path: "/token",
    method: "POST",
    headers: { host, "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body: body.toString(),
  });
  const answer = (await exchanged.body.json()) as { id_token?: string };
  if (!answer.id_token) throw new Error(`no tokens: ${JSON.stringify(answer)}`);
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
