import { randomUUID } from "node:crypto";
import type { SeedAgent } from "@interco/contracts/instance-seed";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestInstance, IDS, type TestInstance } from "../../test/test-instance.ts";
import { signedIn } from "../../test/test-session.ts";
import { actingAgent } from "./acting-agent.ts";
import { setAuthorisation } from "./agent-repository.ts";

const WOIPPY_AGENT = randomUUID();
const HUB_AGENT = randomUUID();
let instance: TestInstance;

beforeAll(async () => {
  instance = await createTestInstance({
    hosts: ["metropole"],
    seed: { agents: [seat({ entity: IDS.metropole, agentId: HUB_AGENT, role: "admin" })] },
  });
  const { http, deps } = instance;
  const tell = (request: never) => {
    const { author, role, rights, activeEntity, home, choices } = actingAgent(request);
    return {
      author,
      role,
      rights,
      active: activeEntity.id,
      home: home.id,
      choices: choices.map((c) => c.entity.id),
    };
  };
  http.get("/backoffice/who", { config: { auth: "agent" } }, async (request) => tell(request as never));
  const list = { auth: "agent", remembersEntity: true } as const;
  http.get("/backoffice/list", { config: list }, async (request) => tell(request as never));
  http.get("/backoffice/settings", { config: { auth: "admin" } }, async (request) => tell(request as never));
  for (const entity of [IDS.woippy, IDS.metz])
    await deps.db.within({ entities: [entity] }, (trx) =>
      setAuthorisation(trx, entity, WOIPPY_AGENT, ["process", "administer"], 1, false),
    );
});
afterAll(() => instance?.[Symbol.asyncDispose]());

const who = async (headers: Record<string, string>, url = "/backoffice/who") => {
  const answer = await instance.http.inject({ url, headers: { ...headers, accept: "application/json" } });
  return { status: answer.statusCode, ...(answer.json() as Record<string, unknown>) };
};

it("an agent of the site's own entity acts for it", async () => {
  const { headers } = await signedIn(instance, {
    site: "metropole",
    agentId: HUB_AGENT,
    name: "Dominique Fictif",
  });
  expect(await who(headers)).toMatchObject({
    status: 200,
    author: { entity: IDS.metropole, agentId: HUB_AGENT, name: "Dominique Fictif" },
    role: "admin",
    active: IDS.metropole,
    home: IDS.metropole,
    choices: [IDS.metropole],
  });
  expect((await who(headers, "/backoffice/settings")).status).toBe(200);
});

it("an authorised agent of a commune acts for it on the agglomeration's instance, and administers nothing there", async () => {
  const { headers } = await signedIn(instance, { site: "metropole", agentId: WOIPPY_AGENT });
  expect(await who(headers)).toMatchObject({
    role: "received",
    active: IDS.metz,
    choices: [IDS.metz, IDS.woippy],
  });
  expect(await who(headers, "/backoffice/settings")).toMatchObject({ status: 403, code: "access.not-admin" });
});

it("?entite= chooses among the entities allowed, is remembered by lists alone, and any other is refused", async () => {
  const { headers } = await signedIn(instance, { site: "metropole", agentId: WOIPPY_AGENT });
  expect(await who(headers, `/backoffice/who?entite=${IDS.woippy}`)).toMatchObject({
    active: IDS.woippy,
    home: IDS.woippy,
  });
  expect(await who(headers)).toMatchObject({ active: IDS.metz });
  expect(await who(headers, `/backoffice/list?entite=${IDS.woippy}`)).toMatchObject({ active: IDS.woippy });
  expect(await who(headers)).toMatchObject({ active: IDS.woippy });
  expect(await who(headers, `/backoffice/who?entite=${IDS.marly}`)).toMatchObject({
    status: 403,
    code: "access.not-agent",
  });
  expect(await who(headers)).toMatchObject({ active: IDS.woippy });
});

it("an authorisation withdrawn is over at the next page", async () => {
  const agentId = randomUUID();
  const set = (version: number, withdrawn: boolean) =>
    instance.deps.db.within({ entities: [IDS.woippy] }, (trx) =>
      setAuthorisation(trx, IDS.woippy, agentId, ["process"], version, withdrawn),
    );
  await set(5, false);
  const { headers } = await signedIn(instance, { site: "metropole", agentId });
  expect((await who(headers)).status).toBe(200);
  await set(4, true);
  expect((await who(headers)).status).toBe(200);
  await set(5, true);
  expect(await who(headers)).toMatchObject({ status: 403, code: "access.not-agent" });
});

it("a professional account without a seat is refused; a citizen is led to sign in as an agent", async () => {
  const stranger = await signedIn(instance, { site: "metropole", agentId: randomUUID() });
  expect(await who(stranger.headers)).toMatchObject({ status: 403, code: "access.not-agent" });
  const citizen = await signedIn(instance, { site: "metropole" });
  const answer = await instance.http.inject({ url: "/backoffice/who?x=1", headers: citizen.headers });
  expect(answer.statusCode).toBe(303);
  expect(answer.headers.location).toBe("/connexion?retour=%2Fbackoffice%2Fwho%3Fx%3D1&espace=agent");
});

function seat(agent: Partial<SeedAgent>): SeedAgent {
  return {
    entity: IDS.woippy,
    agentId: randomUUID(),
    email: `${randomUUID()}@exemple.test`,
    givenName: "Dominique",
    familyName: "Fictif",
    role: "agent",
    teams: [],
    authorised: false,
    ...agent,
  };
}
