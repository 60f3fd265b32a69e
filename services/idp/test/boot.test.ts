import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "@interco/operator/parts/free-port";
import { serviceFetch } from "@interco/platform/http-client";
import { freshDatabase } from "@interco/testing/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";

const SERVER = join(import.meta.dirname, "../src/server.ts");
const stack = new AsyncDisposableStack();
let issuer: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  const database = stack.use(await freshDatabase());
  const folder = mkdtempSync(join(tmpdir(), "interco-idp-boot-"));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const port = await freePort();
  issuer = `http://connexion.localhost:${port}`;
  const file = join(folder, "idp.json");
  const config = {
    development: true,
    name: "Eurométropole de Metz",
    listen: { host: "127.0.0.1", port },
    issuer,
    database: { owner: database.owner, service: database.service },
    smtp: { url: "smtp://127.0.0.1:25" },
    secrets: {
      key: Buffer.alloc(32, 3).toString("base64"),
      initialAccessToken: "i".repeat(40),
      operatorToken: "o".repeat(40),
    },
  };
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  env = { ...process.env, INTERCO_CONFIG: file, INTERCO_LOG: "info" };
});
afterAll(() => stack.disposeAsync());

async function run(
  ...args: string[]
): Promise<{ code: number; lines: { msg: string; applied?: string[]; keys?: number }[] }> {
  const child = spawn(process.execPath, [SERVER, ...args], { env, stdio: ["ignore", "pipe", "ignore"] });
  const lines: { msg: string }[] = [];
  createInterface(child.stdout).on("line", (line) => lines.push(JSON.parse(line)));
  const [code] = await once(child, "close");
  return { code, lines };
}

test("it refuses an older schema, migrates once, serves, and stops when asked", async () => {
  const refused = await run();
  expect(refused.code).toBe(1);
  expect(refused.lines.at(-1)?.msg).toContain('run the command "migrate"');

  const migrated = await run("migrate");
  expect(migrated).toMatchObject({
    code: 0,
    lines: [{ applied: ["0001-start", "0002-throttle-told", "0003-registration"], keys: 4 }],
  });
  expect(await run("migrate")).toMatchObject({ code: 0, lines: [{ applied: [], keys: 0 }] });
  expect((await run("rotate-keys")).code).toBe(1);
  expect((await run("unknown")).code).toBe(1);

  const server = spawn(process.execPath, [SERVER], { env, stdio: ["ignore", "pipe", "ignore"] });
  stack.defer(() => void server.kill("SIGKILL"));
  await once(createInterface(server.stdout), "line");
  expect(await (await serviceFetch(`${issuer}/health/ready`)).json()).toEqual({ status: "ok" });
  expect((await serviceFetch(`${issuer}/health/live`)).status).toBe(200);
  const metrics = await (await serviceFetch(`${issuer}/metrics`)).text();
  expect(metrics).toContain("idp_logout_deliveries_waiting");
  expect(metrics).toContain("process_resident_memory_bytes");

  const asked = performance.now();
  server.kill("SIGTERM");
  const [code] = await once(server, "close");
  expect(code).toBe(0);
  expect(performance.now() - asked).toBeLessThan(5_000);
});
