import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "@interco/operator/parts/free-port";
import { serviceFetch } from "@interco/platform/http-client";
import { freshDatabase } from "@interco/testing/postgres";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";

const SERVER = join(import.meta.dirname, "../src/server.ts");
const stack = new AsyncDisposableStack();
let issuer: string;
let ownerUrl: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  const database = stack.use(await freshDatabase());
  ownerUrl = database.owner;
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

async function run(...args: string[]): Promise<{
  code: number;
  lines: { msg: string; applied?: string[]; keys?: number; seq?: number; hash?: string }[];
}> {
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
    lines: [
      {
        applied: [
          "0001-start",
          "0002-throttle-told",
          "0003-registration",
          "0004-chained-journal",
          "0005-my-account",
          "0006-factors",
          "0007-agents",
          "0008-upstreams",
          "0009-protocol",
          "0010-console",
        ],
        keys: 6,
      },
    ],
  });
  expect(await run("migrate")).toMatchObject({ code: 0, lines: [{ applied: [], keys: 0 }] });
  expect((await run("rotate-keys")).code).toBe(1);
  expect((await run("unknown")).code).toBe(1);
  expect((await run("check-journal")).code).toBe(0);

  const server = spawn(process.execPath, [SERVER], { env, stdio: ["ignore", "pipe", "ignore"] });
  stack.defer(() => void server.kill("SIGKILL"));
  await once(createInterface(server.stdout), "line");
  expect(await (await serviceFetch(`${issuer}/health/ready`)).json()).toEqual({ status: "ok" });
  expect((await serviceFetch(`${issuer}/health/live`)).status).toBe(200);
  const metrics = await (await serviceFetch(`${issuer}/metrics`)).text();
  expect(metrics).toContain("idp_logout_deliveries_waiting");
  expect(metrics).toContain('idp_journal_broken{service="idp"} 0');
  expect(metrics).toContain("process_resident_memory_bytes");

  const asked = performance.now();
  server.kill("SIGTERM");
  const [code] = await once(server, "close");
  expect(code).toBe(0);
  expect(performance.now() - asked).toBeLessThan(5_000);
});

test("check-journal says what is broken by its exit code and names the line", async () => {
  await run("migrate");
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  try {
    await owner.query(
      "insert into sign_in_event (id, kind) select gen_random_uuid(), 'signed_in' from generate_series(1, 3)",
    );
    const whole = await run("check-journal");
    expect(whole).toMatchObject({
      code: 0,
      lines: [{ seq: 3, hash: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    });
    const [head] = whole.lines;
    expect((await run("check-journal", `${head?.seq}:${head?.hash}`)).code).toBe(0);
    await owner.query("delete from sign_in_event where seq = 2");
    const broken = await run("check-journal");
    expect(broken.code).toBe(1);
    expect(broken.lines.at(-1)?.msg).toBe("the sign-in journal is broken at line 2: removed");
  } finally {
    await owner.end();
  }
});
