import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { createTestInstance, type TestInstance } from "./test-instance.ts";

const SERVER = join(import.meta.dirname, "../src/server.ts");

/** Runs the instance as its own process, on this port, to its end. */
async function serveOn(instance: TestInstance, port: number): Promise<{ code: number; said: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), "interco-instance-boot-"));
  const { keys: _keys, hostedIds: _ids, ...config } = instance.config;
  const file = join(folder, "instance.json");
  writeFileSync(file, JSON.stringify({ ...config, listen: { host: "127.0.0.1", ports: [port] } }), {
    mode: 0o600,
  });
  const env = { ...process.env, INTERCO_CONFIG: file };
  const child = spawn(process.execPath, [SERVER], { env, stdio: ["ignore", "pipe", "ignore"] });
  const said: string[] = [];
  createInterface(child.stdout).on("line", (line) => said.push(line));
  const [code] = await once(child, "close");
  rmSync(folder, { recursive: true });
  return { code, said };
}

it("answers on each entity's own host and refuses hosts that are nobody's", async () => {
  await using instance = await createTestInstance();
  const home = await instance.get("/");
  expect(home.statusCode).toBe(200);
  expect(home.body).toContain("Woippy");
  expect((await instance.http.inject({ url: "/", headers: { host: "evil.example" } })).statusCode).toBe(421);
});

it("ends, and says why, when its port is somebody else's", async () => {
  await using instance = await createTestInstance();
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const { code, said } = await serveOn(instance, port);
  other.close();
  expect(code).toBe(1);
  expect(said.at(-1)).toContain("EADDRINUSE");
});
