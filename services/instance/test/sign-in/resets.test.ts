import { randomUUID } from "node:crypto";
import type { SeedAgent } from "@interco/contracts/instance-seed";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { IDS } from "../test-instance.ts";
import { type SmallFederation, startFederation, TestBrowser } from "./federation.ts";

const PATH = "/backoffice/agents/reinitialisations";
const stack = new AsyncDisposableStack();
let federation: SmallFederation;
let idp: pg.Pool;
let lost: string;

beforeAll(async () => {
  federation = await startFederation(["woippy", "marly"], async ({ createAccount }) => {
    const [boss, agent] = await Promise.all([
      createAccount("admin@exemple.test", "professional"),
      createAccount("agent@exemple.test", "professional"),
    ]);
    return {
      agents: [
        seat(boss.agentId, "admin@exemple.test", "admin"),
        seat(agent.agentId, "agent@exemple.test", "agent"),
      ],
    };
  });
  stack.use(federation);
  // The entity's word, once its site is registered.
  await federation.idp.createAccount("admin@exemple.test", "professional", IDS.woippy);
  ({ accountId: lost } = await federation.idp.createAccount(
    "perdu@exemple.test",
    "professional",
    IDS.woippy,
  ));
  idp = new pg.Pool({ connectionString: federation.idp.databaseUrl, max: 1 });
  stack.defer(() => idp.end());
}, 120_000);
afterAll(() => stack.disposeAsync());

const asked = async (clientId: string) => {
  const { rows } = await idp.query(
    `insert into factor_reset (id, account_id, reason, asked_by, expires_at, way, client_id, stop_link)
     values (gen_random_uuid(), $1, 'Clé perdue, vue à l''accueil', gen_random_uuid(), now() + interval '1 day', 'entity', $2, $3)
     returning id`,
    [lost, clientId, Buffer.from(randomUUID())],
  );
  return rows[0].id as string;
};
const factors = async () =>
  (await idp.query("select from authenticator where account_id = $1", [lost])).rowCount;

it("an administrator sees resets of their own agents only, and confirms one: the agent's second factors are gone", async () => {
  const browser = new TestBrowser();
  await idp.query("delete from factor_reset");
  const other = await asked(IDS.marly);
  const empty = await federation.signIn(browser, "woippy", { email: "admin@exemple.test", path: PATH });
  expect(empty.status).toBe(200);
  expect(empty.html).not.toContain("perdu@exemple.test");
  await idp.query("delete from factor_reset where id = $1", [other]);
  await asked(IDS.woippy);
  const page = await browser.open(`${federation.origin("woippy")}${PATH}`);
  expect(page.html).toContain("perdu@exemple.test");
  expect(await factors()).toBe(1);
  const done = await browser.submit(answering(page), { action: "confirmer" });
  expect(done.html).toContain("est confirmé");
  expect(await factors()).toBe(0);
  const late = await browser.submit(answering(page), { action: "confirmer" });
  expect(late.status).toBe(422);
});

it("an agent who isn't an administrator has no such page", async () => {
  const page = await federation.signIn(new TestBrowser(), "woippy", {
    email: "agent@exemple.test",
    path: PATH,
  });
  expect(page.status).toBe(403);
});

/** The page from the form of its reset on: the first one of a backoffice page signs out. */
function answering<P extends { html: string }>(page: P): P {
  const at = page.html.lastIndexOf("<form", page.html.indexOf('name="id"'));
  return { ...page, html: page.html.slice(at) };
}

function seat(agentId: string | null, email: string, role: "admin" | "agent"): SeedAgent {
  return {
    entity: IDS.woippy,
    agentId: agentId ?? "",
    email,
    givenName: "Dominique",
    familyName: "Fictif",
    role,
    teams: [],
    authorised: false,
  };
}
