import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { serviceFetch } from "@interco/platform/http-client";
import { startFederation, type TestFederation } from "@interco/testing/federation";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { markedProcesses } from "../processes/leftovers.ts";
import type { State } from "../state/state.ts";
import type { FederationStatus } from "./status.ts";

// The least federation that has both kinds: the agglomeration, and one commune on its own instance.
const file = `name: Essai
agglomeration: "200039865"
idp: { slug: connexion }
instances:
  - { name: metropole, hosts: ["200039865"] }
  - { name: woippy, hosts: ["57751"] }
entities:
  - { code: "200039865", slug: metropole, shortCode: EMM }
  - { code: "57751", slug: woippy, shortCode: WOI } # stays first
accounts:
  - { email: camille@courriel.example, givenName: Camille, familyName: Exemple, role: citizen }
  - { email: alix@woippy.example, givenName: Alix, familyName: Modèle, role: agent, entity: "57751" }
`;

let folder: string;
let federation: TestFederation;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "interco-runner-"));
  writeFileSync(join(folder, "least.yaml"), file);
  // It may be there, made by somebody less careful.
  mkdirSync(join(folder, "data", "logs"), { recursive: true, mode: 0o755 });
  writeFileSync(join(folder, "data", "logs", "woippy.log"), "", { mode: 0o644 });
  federation = await startFederation({ file: join(folder, "least.yaml"), data: join(folder, "data") });
}, 120_000);
afterAll(async () => {
  await federation?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const processes = () => markedProcesses(join(folder, "data"));

it("announces sites that answer, accounts, and a database role that row-level security holds", async () => {
  const said = federation.said();
  expect(said.entities.map(({ code, kind, instance }) => ({ code, kind, instance }))).toEqual([
    { code: "200039865", kind: "agglomeration", instance: "metropole" },
    { code: "57751", kind: "commune", instance: "woippy" },
  ]);
  for (const { portal } of said.entities) expect((await serviceFetch(portal)).status).toBe(200);
  expect((await serviceFetch(`${said.idp.issuer}/.well-known/openid-configuration`)).status).toBe(200);
  expect(await (await fetch(said.mail.api ?? "")).json()).toEqual([]);
  expect(said.accounts.map(({ role, entity, totp }) => ({ role, entity, totp }))).toEqual([
    { role: "citizen", entity: null, totp: null },
    { role: "agent", entity: "57751", totp: expect.stringMatching(/^[A-Z2-7]{32}$/) },
  ]);
  const client = new pg.Client({ connectionString: said.instances[1]?.database });
  await client.connect();
  const { rows } = await client.query(
    "select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb as may from pg_roles where rolname = current_user",
  );
  await client.end();
  expect(rows).toEqual([{ may: false }]);
  expect(statSync(join(federation.data, "federation.json")).mode & 0o077).toBe(0);
});

it("has nothing to do the second time", async () => {
  expect(await federation.interco("apply")).toEqual({ code: 0, stdout: "nothing to do\n", stderr: "" });
});

it("adds a commune within 15 s, on a site of its own, and starts nobody else again", async () => {
  const before = federation.said().instances;
  const began = Date.now();
  const { code, stdout } = await federation.interco(
    "add-commune",
    "57032",
    "--official",
    "Dominique Fictif <maire@ars.example>",
  );
  expect(code, stdout).toBe(0);
  // The promise is for a machine that does nothing else.
  const busy = Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
  expect(Date.now() - began).toBeLessThan(15_000 * busy);
  const after = federation.said();
  expect(after.instances.slice(0, 2)).toEqual(before);
  const site = after.entities.find((entity) => entity.code === "57032");
  const page = await (await serviceFetch(site?.portal ?? "")).text();
  expect(page).toContain("Ars-sur-Moselle");
  expect(readFileSync(join(federation.data, "federation.yaml"), "utf8")).toContain("# stays first");
  expect((await federation.interco("apply")).stdout).toBe("nothing to do\n");
  const client = (await clients()).find(({ name }) => name === "Ars-sur-Moselle");
  expect(await askIdp(`/operator/clients/${client?.clientId}/official`)).toEqual({
    name: "Dominique Fictif",
    email: "maire@ars.example",
  });
}, 60_000);

it.each([
  ["99999", 1, /^No commune has the code 99999: nothing was changed\.\n$/],
  ["75056", 1, /^Paris \(75056\) is outside the territory of Essai: nothing was changed\.\n$/],
  ["57751", 1, /^Woippy \(57751\) already has its site, on woippy: nothing was changed\.\n$/],
  ["5775", 2, /five characters/],
])("refuses to add %s, and says why", async (commune, code, why) => {
  const answer = await federation.interco("add-commune", commune);
  expect(answer.code).toBe(code);
  expect(answer.stderr).toMatch(why);
});

it("keeps all it writes from others, in a folder that was there too", () => {
  const modeOf = (...names: string[]) => statSync(join(federation.data, ...names)).mode & 0o777;
  expect(modeOf()).toBe(0o700);
  for (const name of ["runner.sock", "federation.yaml", "state.json"]) expect(modeOf(name), name).toBe(0o600);
  for (const name of readdirSync(join(federation.data, "logs")))
    expect(modeOf("logs", name), name).toBe(0o600);
});

it("registers a client again whose metadata should be other, under the same id, and only that one", async () => {
  const before = await clients();
  const path = join(federation.data, "federation.yaml");
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.replace("shortCode: WOI }", 'shortCode: WOI, name: "Woippy-les-Essais" }'));
  const { code, stdout } = await federation.interco("apply");
  expect(code, stdout).toBe(0);
  expect(stdout.match(/client of .*/g)).toEqual(["client of Woippy-les-Essais"]);
  expect(await clients()).toEqual(
    before.map((client) => (client.name === "Woippy" ? { ...client, name: "Woippy-les-Essais" } : client)),
  );
  expect((await federation.interco("apply")).stdout).toBe("nothing to do\n");
  writeFileSync(path, text);
  expect((await federation.interco("apply")).code).toBe(0);
  expect(await clients()).toEqual(before);
});

/** What the identity provider says of its clients. */
async function clients(): Promise<{ clientId: string; name: string }[]> {
  const list = await askIdp<{ clientId: string; name: string }[]>("/operator/clients");
  return list.sort((a, b) => a.clientId.localeCompare(b.clientId));
}

async function askIdp<T>(path: string): Promise<T> {
  const { idp } = JSON.parse(readFileSync(join(federation.data, "state.json"), "utf8")) as State;
  const answer = await serviceFetch(federation.said().idp.issuer + path, {
    headers: { authorization: `Bearer ${idp.operatorToken}` },
  });
  return (await answer.json()) as T;
}

it("says what runs", async () => {
  const { stdout } = await federation.interco("status", "--json");
  const status = JSON.parse(stdout) as FederationStatus;
  expect(status.processes).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: "idp", health: "ready" }),
      expect.objectContaining({ name: "woippy", health: "ready" }),
      expect.objectContaining({ name: "nats", health: "up" }),
    ]),
  );
  expect(status.entities.map(({ code, dead }) => [code, dead])).toEqual([
    ["200039865", 0],
    ["57751", 0],
    ["57032", 0],
  ]);
});

it("asks for an entity's copy again, and refuses for who has none; says what became of refused events", async () => {
  const { stdout } = await federation.interco("rebuild", "57751");
  expect(stdout).toMatch(/^57751 asked for .* in \S+logs\/metropole\.log \(digest_refused\)\.\n$/);
  expect((await federation.interco("replay", "57751")).stdout).toBe(
    "57751: 0 applied, 0 dropped as forged, 0 still refused.\n",
  );
  expect(await federation.interco("rebuild", "57049")).toMatchObject({
    code: 1,
    stderr: "57049 has no site in Essai: nothing was changed.\n",
  });
});

it("refuses a second runner over the same data", async () => {
  const { code, stderr } = await federation.interco("start");
  expect(code).toBe(1);
  expect(stderr).toMatch(/^This federation already runs/);
});

it("takes over after its own death, finds its data again, and leaves no process when stopped", async () => {
  const { accounts } = federation.said();
  const left = processes();
  await federation.kill();
  expect(processes()).toEqual(left);

  federation = await startFederation({ data: federation.data, port: federation.port });
  expect(federation.output()).toMatch(/^Stopped what an earlier run had left: .*postgres/);
  expect(processes().filter((pid) => left.includes(pid))).toEqual([]);
  expect(federation.said().accounts).toEqual(accounts);
  expect(federation.said().entities).toHaveLength(3);

  const began = Date.now();
  await federation.stop();
  expect(Date.now() - began).toBeLessThan(10_000);
  expect(processes()).toEqual([]);
}, 120_000);
