import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostedEntity } from "@interco/contracts/instance-config";
import { freePort } from "@interco/operator/parts/free-port";
import { serviceFetch } from "@interco/platform/http-client";
import { freshDatabase } from "@interco/testing/postgres";
import { totpOf } from "@interco/testing/second-step";

const SERVER = join(import.meta.dirname, "../../../idp/src/server.ts");
export const PASSWORD = "un mot de passe assez long";

/** The identity provider as a process of its own, on a database of its own. */
export interface RealIdp extends AsyncDisposable {
  issuer: string;
  /** Its database, as owner. */
  databaseUrl: string;
  register(entity: HostedEntity, name: string, kind: "agglomeration" | "commune"): Promise<void>;
  /** A professional one has an authenticator program (`totpOf`). */
  createAccount(
    email: string,
    kind: "personal" | "professional",
    entity?: string,
  ): Promise<{ accountId: string; agentId: string | null }>;
  /** What its operator asks of an account. */
  operate(accountId: string, act: "deactivate" | "reactivate"): Promise<void>;
  /** Nobody answers any more. */
  stop(): Promise<void>;
}

/** @param smtp its mail server; without one no mail is taken */
export async function startRealIdp(smtp = "smtp://127.0.0.1:25"): Promise<RealIdp> {
  const database = await freshDatabase();
  const folder = mkdtempSync(join(tmpdir(), "interco-idp-"));
  const port = await freePort();
  const issuer = `http://connexion.localhost:${port}`;
  const secrets = {
    key: randomBytes(32).toString("base64"),
    initialAccessToken: randomBytes(24).toString("hex"),
    operatorToken: randomBytes(24).toString("hex"),
  };
  const config = join(folder, "idp.json");
  writeFileSync(
    config,
    JSON.stringify({
      development: true,
      name: "Eurométropole de Metz",
      listen: { host: "127.0.0.1", port },
      issuer,
      database: { owner: database.owner, service: database.service },
      smtp: { url: smtp },
      secrets,
    }),
    { mode: 0o600 },
  );
  await run(config, "migrate").done;
  const { child, done } = run(config);
  const stop = async () => {
    child.kill("SIGTERM");
    await done.catch(() => {});
  };
  await untilReady(issuer, done).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    issuer,
    databaseUrl: database.owner,
    stop,
    async register(entity, name, kind) {
      const { d: _private, ...publicJwk } = entity.client.privateJwk;
      await post(`${issuer}/reg`, secrets.initialAccessToken, {
        client_name: name,
        entity: entity.id,
        entity_name: name,
        entity_kind: kind,
        entity_origin: entity.origin,
        redirect_uris: [`${entity.origin}/connexion/retour`],
        post_logout_redirect_uris: [`${entity.origin}/deconnexion/retour`],
        backchannel_logout_uri: `${entity.origin}/connexion/deconnexion-distante`,
        backchannel_logout_session_required: true,
        token_endpoint_auth_method: "private_key_jwt",
        scope: "openid offline_access profile email agent requests",
        jwks: { keys: [publicJwk] },
      });
    },
    createAccount: (email, kind, entity) =>
      post(`${issuer}/operator/accounts`, secrets.operatorToken, {
        email,
        kind,
        password: PASSWORD,
        givenName: "Camille",
        familyName: "Fictif",
        entity,
        ...(kind === "professional" ? { totp: totpOf(email) } : {}),
      }),
    async operate(accountId, act) {
      await post(`${issuer}/operator/accounts/${accountId}/${act}`, secrets.operatorToken, {});
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function run(config: string, ...command: string[]) {
  const child = spawn(process.execPath, [SERVER, ...command], {
    env: { ...process.env, INTERCO_CONFIG: config, INTERCO_LOG: process.env.INTERCO_LOG ?? "fatal" },
    stdio: process.env.INTERCO_LOG ? "inherit" : "ignore",
  });
  // A test that dies before its afterAll leaves nothing running.
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
  const done = new Promise<void>((resolve, reject) => {
    child.once("exit", (code) => (code ? reject(new Error(`the IdP ended with ${code}`)) : resolve()));
  });
  done.catch(() => {});
  return { child, done };
}

async function untilReady(issuer: string, died: Promise<void>): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const ok = await serviceFetch(`${issuer}/health/ready`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    await Promise.race([died, new Promise((resolve) => setTimeout(resolve, 50))]);
  }
  throw new Error("the IdP isn't ready after thirty seconds");
}

async function post<T>(url: string, token: string, body: object): Promise<T> {
  const response = await serviceFetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (response.status === 204 ? undefined : await response.json()) as T;
}
