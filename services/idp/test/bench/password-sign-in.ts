import { createHash, randomBytes } from "node:crypto";
import { Pool } from "undici";
import { repeatFor, type Throughput } from "./load.ts";
import { type BenchClient, clientOf, exchange, pushRequest } from "./silent-sign-in.ts";

export interface PasswordSignInLoad {
  issuer: string;
  clients: BenchClient[];
  /** The e-mail of somebody, by turn. */
  emailOf(turn: number): string;
  password: string;
  concurrency: number;
  durationMs: number;
}

/** Sign-ins of people nobody knows yet: the site's request, the page, the password, the code and its exchange. */
export async function runPasswordSignIns(load: PasswordSignInLoad): Promise<Throughput> {
  const { port } = new URL(load.issuer);
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: load.concurrency });
  const done = await repeatFor(load, (turn) =>
    signIn(pool, load, clientOf(load.clients, turn), load.emailOf(turn)),
  );
  await pool.close();
  return done;
}

async function signIn(pool: Pool, load: PasswordSignInLoad, client: BenchClient, email: string) {
  const { issuer, password } = load;
  const { host } = new URL(issuer);
  const cookies = new Map<string, string>();
  const ask = async (path: string, body?: string) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await pool.request({
      path,
      method: body === undefined ? "GET" : "POST",
      headers: {
        host,
        accept: "text/html",
        ...(cookie ? { cookie } : {}),
        ...(body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
      },
      ...(body === undefined ? {} : { body }),
    });
    for (const line of [answer.headers["set-cookie"] ?? []].flat()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = String(answer.headers.location ?? "");
    return { status: answer.statusCode, location, html: await answer.body.text() };
  };
  const verifier = randomBytes(32).toString("base64url");
  const query = await pushRequest(pool, issuer, client, {
    response_type: "code",
    redirect_uri: client.redirectUri,
    scope: "openid profile email offline_access",
    state: randomBytes(16).toString("base64url"),
    nonce: randomBytes(16).toString("base64url"),
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  const begun = await ask(`/auth?${query}`);
  const page = await ask(pathOf(begun.location, issuer));
  const csrf = /name="_csrf" value="([^"]*)"/.exec(page.html)?.[1] ?? "";
  const form = new URLSearchParams({ _csrf: csrf, email, password, action: "connecter" });
  let next = await ask(pathOf(begun.location, issuer), form.toString());
  while (next.location.startsWith(issuer) || next.location.startsWith("/"))
    next = await ask(pathOf(next.location, issuer));
  const code = next.location && new URL(next.location).searchParams.get("code");
  if (!code) throw new Error(`no code: ${next.status} ${next.html.slice(0, 300)}`);
  await exchange(pool, issuer, client, code, verifier);
}

function pathOf(location: string, issuer: string): string {
  const { pathname, search } = new URL(location, issuer);
  return pathname + search;
}
