import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { IdpConfig } from "@interco/contracts/idp-config";
import { freePort } from "@interco/operator/parts/free-port";
import { serviceFetch } from "@interco/platform/http-client";
import { newEntityId } from "@interco/platform/ids";
import { siteMetadata } from "../site-metadata.ts";
import type { BenchClient } from "./silent-sign-in.ts";

const here = import.meta.dirname;

/** A site of its own entity: what it registers, and how the load speaks for it. */
export function makeSite(n: number) {
  const entity = newEntityId();
  const origin = `http://site-${n}.localhost:1`;
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const kid = `${entity}-1`;
  const jwk = { ...publicKey.export({ format: "jwk" }), kid, alg: "ES256", use: "sig" };
  const metadata = { client_id: entity, ...siteMetadata(`Site ${n}`, entity, origin, jwk as never) };
  const client: BenchClient = {
    clientId: entity,
    redirectUri: `${origin}/connexion/retour`,
    privateKey,
    kid,
  };
  return { metadata, client };
}

/** Starts the service as the runner would, on an empty database; what it was configured with. */
export async function startProvider(
  folder: string,
  database: { owner: string; service: string },
  children: ChildProcess[],
): Promise<IdpConfig & { pid: number }> {
  const port = await freePort();
  const config: IdpConfig = {
    development: true,
    name: "Bench",
    listen: { host: "127.0.0.1", port },
    issuer: `http://connexion.localhost:${port}`,
    database,
    smtp: { url: "smtp://127.0.0.1:1" },
    secrets: {
      key: randomBytes(32).toString("base64"),
      initialAccessToken: randomBytes(32).toString("hex"),
      operatorToken: randomBytes(32).toString("hex"),
    },
  };
  const file = join(folder, "idp.json");
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  const server = join(here, "../../src/server.ts");
  // As the runner starts it.
  const env = { ...process.env, INTERCO_CONFIG: file, INTERCO_LOG: "warn", MALLOC_ARENA_MAX: "2" };
  await new Promise<void>((resolve, reject) =>
    spawn(process.execPath, [server, "migrate"], { env, stdio: "ignore" }).on("exit", (code) =>
      code === 0 ? resolve() : reject(new Error("migrate failed")),
    ),
  );
  const child = spawn(process.execPath, ["--max-semi-space-size=8", server], { env, stdio: "ignore" });
  children.push(child);
  for (let tries = 0; ; tries++) {
    const up = await serviceFetch(`${config.issuer}/health/ready`).catch(() => undefined);
    if (up?.ok) return { ...config, pid: child.pid ?? 0 };
    if (tries > 100) throw new Error("the provider did not start");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export async function register(idp: IdpConfig, metadata: object): Promise<void> {
  const response = await serviceFetch(`${idp.issuer}/reg`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${idp.secrets.initialAccessToken}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(metadata),
  });
  if (response.status !== 201) throw new Error(await response.text());
}
