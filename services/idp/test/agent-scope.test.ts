import { afterAll, beforeAll, expect, test } from "vitest";
import { Browser } from "./browser.ts";
import { PASSWORD, type RunningIdp, startIdp } from "./running-idp.ts";
import { registerSite, TestSite } from "./test-site.ts";

const AGENT = "openid profile email offline_access agent";
const agent = { email: "lou@exemple.test" };

let idp: RunningIdp;
let woippy: TestSite;
let portal: TestSite;
let agentId: string | null;

beforeAll(async () => {
  idp = await startIdp();
  ({ agentId } = await idp.createAccount(agent.email, "professional"));
  await idp.createAccount("camille@exemple.test");
  woippy = await TestSite.register(idp, "Woippy");
  portal = await TestSite.register(idp, "Marly", { metadata: { scope: undefined } });
});
afterAll(() => idp?.close());

test("a backoffice gets the agent's id, name and verified e-mail", async () => {
  const tokens = await woippy.signIn(new Browser(), { ...agent, scope: AGENT });
  expect(tokens.claims()).toMatchObject({
    agent_id: agentId,
    name: "Camille Fictif",
    email: agent.email,
    email_verified: true,
    account_kind: "professional",
  });
});

test("a portal of the same site never does: neither after a backoffice's sign-in, nor asking by claims, nor later", async () => {
  const browser = new Browser();
  await woippy.signIn(browser, { ...agent, scope: AGENT });
  const claims = JSON.stringify({
    id_token: { agent_id: { essential: true } },
    userinfo: { agent_id: null },
  });
  await expect(woippy.begin({ parameters: { claims } })).rejects.toMatchObject({ error: "invalid_request" });
  const tokens = await woippy.signIn(browser);
  expect(tokens.claims()).toMatchObject({ email: agent.email, account_kind: "professional" });
  expect(tokens.claims()).not.toHaveProperty("agent_id");
  const renewed = await woippy.refresh(tokens.refresh_token ?? "");
  expect(renewed.claims()).not.toHaveProperty("agent_id");
  expect(renewed.scope?.split(" ")).not.toContain("agent");
  await expect(woippy.refresh(renewed.refresh_token ?? "", { scope: AGENT })).rejects.toMatchObject({
    error: "invalid_scope",
  });
});

test("a client registered without it is refused, whoever asks, and gets a portal's scopes", async () => {
  await expect(portal.begin({ scope: AGENT })).rejects.toMatchObject({ error: "invalid_scope" });
  const tokens = await portal.signIn(new Browser());
  expect(tokens.claims()?.email).toBe("camille@exemple.test");
});

test("no client registers for a scope that isn't ours", async () => {
  const { jwks, ...metadata } = (
    await idp.sql.query("select metadata from client where client_id = $1", [woippy.entity])
  ).rows[0].metadata;
  const response = await registerSite(idp, { ...metadata, jwks, scope: "openid admin" });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: "invalid_client_metadata" });
});

test("a portal asks for a personal account: signed in with a professional one, one signs in again, as oneself", async () => {
  await idp.createAccount(agent.email, "personal");
  await idp.sql.query("update account set given_name = 'Chez soi' where email = $1 and kind = 'personal'", [
    agent.email,
  ]);
  const browser = new Browser();
  await woippy.signIn(browser, { ...agent, scope: AGENT });
  const personal = { parameters: { account_kind: "personal" } };
  const silent = await woippy.begin({ parameters: { ...personal.parameters, prompt: "none" } });
  expect((await browser.open(silent.url)).url).toContain("error=login_required");
  const begun = await woippy.begin(personal);
  const page = await browser.open(begun.url);
  expect(page.html).toContain("Une demande se fait à titre personnel");
  const change = await browser.submit(page, { email: agent.email, password: PASSWORD, action: "connecter" });
  expect(change.html).toContain("Vous changez de compte");
  const back = await browser.submit(change, { logout: "yes" });
  const tokens = await woippy.complete(back.url, begun);
  expect(tokens.claims()).toMatchObject({ given_name: "Chez soi", account_kind: "personal" });
  // And then it is silent.
  expect((await woippy.signIn(browser, personal)).claims()?.sub).toBe(tokens.claims()?.sub);
});

test("asking for a personal account, a professional one's password is as any wrong one", async () => {
  await idp.createAccount("seule@exemple.test", "professional");
  const browser = new Browser();
  const page = await browser.open((await woippy.begin({ parameters: { account_kind: "personal" } })).url);
  const again = await browser.submit(page, {
    email: "seule@exemple.test",
    password: PASSWORD,
    action: "connecter",
  });
  expect(again.status).toBe(422);
  expect(again.html).toContain("pas le bon");
});

test("account_kind says nothing else", async () => {
  const other = { parameters: { account_kind: "professional" } };
  await expect(woippy.begin(other)).rejects.toMatchObject({ error: "invalid_request" });
});
