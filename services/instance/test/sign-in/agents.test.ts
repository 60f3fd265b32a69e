import type { SeedAgent } from "@interco/contracts/instance-seed";
import { hashToken } from "@interco/platform/secrets";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ActingAgent, findActingAgent } from "../../src/agents/acting-agent.ts";
import { listAgents } from "../../src/agents/agent-repository.ts";
import { authorise, deactivate, invite } from "../../src/agents/manage-agents.ts";
import { SESSION_COOKIE } from "../../src/sign-in/session-cookie.ts";
import { findSession } from "../../src/sign-in/session-repository.ts";
import { IDS } from "../test-instance.ts";
import { type SmallFederation, startFederation, TestBrowser } from "./federation.ts";
import type { SiteName } from "./listening-instance.ts";

let federation: SmallFederation;
let admin: ActingAgent;
const backoffice = "/backoffice/";

beforeAll(async () => {
  federation = await startFederation(["woippy", "metropole"], async (idp) => {
    const { agentId } = await idp.createAccount("admin@exemple.test", "professional");
    return { agents: [adminSeat(agentId ?? "")] };
  });
  const browser = new TestBrowser();
  await federation.signIn(browser, "woippy", { email: "admin@exemple.test", path: backoffice });
  const { deps } = federation.instance;
  admin = await findActingAgent(deps, deps.territory.getById(IDS.woippy), await sessionOf(browser, "woippy"));
});
afterAll(() => federation?.[Symbol.asyncDispose]());

it("the backoffice leads an agent through the sign-in and back, and the journal keeps it", async () => {
  const browser = new TestBrowser();
  const page = await federation.signIn(browser, "woippy", {
    email: "admin@exemple.test",
    path: "/backoffice/demandes",
  });
  expect(page.url).toBe(`${federation.origin("woippy")}/backoffice/demandes`);
  expect(page.status).toBe(200);
  expect(await audit("agent.signed-in")).toContainEqual(
    expect.objectContaining({
      entity: IDS.woippy,
      agent_id: admin.author.agentId,
      agent_name: "Camille Fictif",
    }),
  );
});

it("an invitation is bound once, to the verified e-mail that was invited, and its authorisation is announced then", async () => {
  const { deps } = federation.instance;
  await federation.idp.createAccount("nouvelle@exemple.test", "professional");
  await invite(deps, admin, { ...person, email: "Nouvelle@exemple.test", role: "agent", authorised: true });
  await expect(
    invite(deps, admin, { ...person, email: "nouvelle@exemple.test", role: "agent", authorised: true }),
  ).rejects.toMatchObject({ code: "agent.already-there" });
  expect(await events()).toEqual([]);
  const browser = new TestBrowser();
  const page = await federation.signIn(browser, "woippy", {
    email: "nouvelle@exemple.test",
    path: backoffice,
  });
  expect(page.status).toBe(200);
  const { agentId } = await sessionOf(browser, "woippy");
  expect(await seat("nouvelle@exemple.test")).toMatchObject({ agentId, authorised: true });
  expect(await events()).toEqual([["fr.interco.authorisation.granted.v1", agentId]]);
  expect(await audit("agent.joined")).toContainEqual(expect.objectContaining({ agent_id: agentId }));
  await federation.signIn(new TestBrowser(), "woippy", { email: "nouvelle@exemple.test", path: backoffice });
  expect((await events()).length).toBe(1);
});

it("withdrawing and granting an authorisation tells the agglomeration each time it changes, and only then", async () => {
  const { deps } = federation.instance;
  const before = (await events()).length;
  for (const authorised of [false, false, true, true])
    await authorise(deps, admin, "nouvelle@exemple.test", authorised);
  expect((await events()).slice(before).map(([type]) => type)).toEqual([
    "fr.interco.authorisation.withdrawn.v1",
    "fr.interco.authorisation.granted.v1",
  ]);
  await expect(authorise(deps, admin, "personne@exemple.test", true)).rejects.toMatchObject({
    code: "agent.unknown",
  });
});

it("a deactivated agent is out at the next page, their authorisation with them; invited again they come back", async () => {
  const { deps } = federation.instance;
  const browser = new TestBrowser();
  await federation.signIn(browser, "woippy", { email: "nouvelle@exemple.test", path: backoffice });
  await deactivate(deps, admin, "nouvelle@exemple.test");
  expect((await events()).at(-1)?.[0]).toBe("fr.interco.authorisation.withdrawn.v1");
  const page = await browser.open(`${federation.origin("woippy")}${backoffice}`);
  expect(page.status).toBe(403);
  expect(page.html).toContain("réservé aux agents");
  await invite(deps, admin, { ...person, email: "nouvelle@exemple.test", role: "agent", authorised: false });
  expect((await browser.open(`${federation.origin("woippy")}${backoffice}`)).status).toBe(200);
  await expect(deactivate(deps, admin, "admin@exemple.test")).rejects.toMatchObject({
    code: "agent.yourself",
  });
});

it("a professional account without a seat is refused, and so is a personal one", async () => {
  await federation.idp.createAccount("ailleurs@exemple.test", "professional");
  for (const email of ["ailleurs@exemple.test", "camille@exemple.test"]) {
    const page = await federation.signIn(new TestBrowser(), "woippy", { email, path: backoffice });
    expect(page.status).toBe(403);
    expect(page.html).toContain("réservé aux agents");
    expect(page.html).toContain("compte=autre");
  }
});

it("a received agent administers nobody: neither the agglomeration's agents nor, from there, their commune's", async () => {
  const { deps } = federation.instance;
  const received: ActingAgent = { ...admin, role: "received", rights: ["process"], seat: null };
  await expect(deactivate(deps, received, "nouvelle@exemple.test")).rejects.toMatchObject({
    code: "access.not-admin",
  });
});

it("an agent has one login for their backoffice and the agglomeration's, and no common subject", async () => {
  const { deps } = federation.instance;
  await deps.db.pool.query(
    "insert into authorisation (entity, agent_id, rights, version) values ($1, $2, $3, 1)",
    [IDS.woippy, admin.author.agentId, ["process"]],
  );
  const browser = new TestBrowser();
  await federation.signIn(browser, "woippy", { email: "admin@exemple.test", path: backoffice });
  const page = await browser.open(`${federation.origin("metropole")}${backoffice}`);
  expect(page.url.startsWith(`${federation.origin("metropole")}${backoffice}`)).toBe(true);
  expect(page.status).toBe(200);
  const [here, there] = [await sessionOf(browser, "woippy"), await sessionOf(browser, "metropole")];
  expect(there.agentId).toBe(here.agentId);
  expect(there.sub).not.toBe(here.sub);
});

const person = { givenName: "Sacha", familyName: "Fictif", teams: [] };

async function sessionOf(browser: TestBrowser, site: SiteName) {
  const token = browser.jarOf(federation.origin(site)).get(SESSION_COOKIE) ?? "";
  const found = await findSession(federation.instance.deps.db, hashToken(token), IDS[site]);
  if (!found) throw new Error("not signed in");
  return found;
}

const seat = async (email: string) =>
  (await listAgents(federation.instance.deps.db, IDS.woippy)).find((agent) => agent.email === email);

/** What was told of authorisations: type and agent, in order, those of the start left out. */
function events(): Promise<[string, string][]> {
  return asWorker(async (query) => {
    const rows = await query(
      "select payload::json as payload from outbox where subject like '%.authorisation.%' order by seq",
    );
    return rows
      .map(({ payload }): [string, string] => [payload.type, payload.data.agentId])
      .filter(([, agentId]) => agentId !== admin.author.agentId);
  });
}

const audit = (act: string) =>
  asWorker((query) => query("select entity, agent_id, agent_name from audit_entry where act = $1", [act]));

async function asWorker<T>(
  // biome-ignore lint/suspicious/noExplicitAny: rows of any shape
  work: (query: (text: string, values?: unknown[]) => Promise<any[]>) => Promise<T>,
): Promise<T> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: federation.instance.database.worker });
  await client.connect();
  try {
    await client.query(`select set_config('interco.entities', '${IDS.woippy},${IDS.metropole}', false)`);
    return await work(async (text, values) => (await client.query(text, values)).rows);
  } finally {
    await client.end();
  }
}

function adminSeat(agentId: string): SeedAgent {
  return {
    entity: IDS.woippy,
    agentId,
    email: "admin@exemple.test",
    givenName: "Camille",
    familyName: "Fictif",
    role: "admin",
    teams: [],
    authorised: true,
  };
}
