import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Browser } from "./browser.ts";
import { behindProxy, PASSWORD, type RunningIdp, startIdp } from "./running-idp.ts";
import { secondStep } from "./second-step.ts";
import { SiteEndpoint } from "./site-endpoint.ts";
import { TestSite } from "./test-site.ts";

const AGENT = "openid profile email offline_access agent";

const stack = new AsyncDisposableStack();
let idp: RunningIdp;
let woippyHears: SiteEndpoint;
let metzHears: SiteEndpoint;
let woippy: TestSite;
let metz: TestSite;
let people = 0;

beforeAll(async () => {
  idp = stack.use(await startIdp());
  woippyHears = stack.use(await new SiteEndpoint().start("woippy"));
  metzHears = stack.use(await new SiteEndpoint().start("metz"));
  [woippy, metz] = await Promise.all([
    TestSite.register(idp, "Woippy", { origin: woippyHears.origin }),
    TestSite.register(idp, "Metz", { origin: metzHears.origin }),
  ]);
});
afterAll(() => stack.disposeAsync());
beforeEach(() => {
  for (const endpoint of [woippyHears, metzHears]) endpoint.tokens.length = 0;
});

async function operator(path: string, token = idp.config.secrets.operatorToken) {
  const answer = await behindProxy(`${idp.issuer}/operator/accounts/${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: "{}",
  });
  return { status: answer.status, body: answer.status === 204 ? null : await answer.json() };
}

async function agentAtBothSites() {
  const email = `agente${++people}@exemple.test`;
  const { accountId } = await idp.createAccount(email, "professional");
  const browser = new Browser();
  const atWoippy = await woippy.signIn(browser, { email, scope: AGENT });
  const atMetz = await metz.signIn(browser, { email, scope: AGENT });
  return { email, accountId, browser, atWoippy, atMetz };
}
const kinds = async (accountId: string) =>
  (
    await idp.sql.query("select kind from sign_in_event where account_id = $1 order by at, id", [accountId])
  ).rows.map(({ kind }) => kind);

test("deactivated, somebody is out of every site at once: each is told, and nothing they hold serves any more", async () => {
  const { email, accountId, browser, atWoippy, atMetz } = await agentAtBothSites();
  expect(await operator(`${accountId}/deactivate`)).toEqual({ status: 204, body: null });
  for (const hears of [woippyHears, metzHears])
    await expect.poll(() => hears.tokens.length, { timeout: 10_000 }).toBe(1);
  for (const [site, tokens] of [
    [woippy, atWoippy],
    [metz, atMetz],
  ] as const)
    for (const scope of [undefined, AGENT])
      await expect(site.refresh(tokens.refresh_token ?? "", scope ? { scope } : {})).rejects.toMatchObject({
        error: "invalid_grant",
      });
  const userinfo = await behindProxy(`${idp.issuer}/me`, {
    headers: { authorization: `Bearer ${atWoippy.access_token}` },
  });
  expect(userinfo.status).toBe(401);
  const silent = await woippy.begin({ scope: AGENT, parameters: { prompt: "none" } });
  expect((await browser.open(silent.url)).url).toContain("error=login_required");
  const left = await idp.sql.query("select from artifact where account_id = $1", [accountId]);
  expect(left.rowCount).toBe(0);
  await expect(woippy.signIn(new Browser(), { email, scope: AGENT })).rejects.toThrow(
    "Votre compte professionnel est désactivé",
  );
  expect((await kinds(accountId)).slice(-3)).toEqual(["account_deactivated", "sessions_ended", "refused"]);
});

test("its person is told by mail, once", async () => {
  const { email, accountId } = await agentAtBothSites();
  await operator(`${accountId}/deactivate`);
  await operator(`${accountId}/deactivate`);
  const { rows } = await idp.sql.query("select subject from mail where recipient = $1", [email]);
  expect(rows).toEqual([{ subject: "Votre compte est désactivé" }]);
});

test("a wrong password doesn't learn that an account is deactivated", async () => {
  const { email, accountId } = await agentAtBothSites();
  await operator(`${accountId}/deactivate`);
  const page = await new Browser().open((await woippy.begin({ scope: AGENT })).url);
  const again = await new Browser().open(page.url);
  expect(again.html).not.toContain("désactivé");
  await expect(
    woippy.signIn(new Browser(), { email, scope: AGENT, password: "un autre mot de passe" }),
  ).rejects.toThrow("pas le bon");
});

test("a sign-in under way when it happens leads nowhere: neither its code nor its form", async () => {
  const email = `agente${++people}@exemple.test`;
  const { accountId } = await idp.createAccount(email, "professional", { totp: false });
  const [one, other] = [new Browser(), new Browser()];
  const begun = await woippy.begin();
  const form = await other.open((await metz.begin()).url);
  const credentials = { email, password: PASSWORD, action: "connecter" };
  const answer = await secondStep(one, await one.submit(await one.open(begun.url), credentials), email);
  await operator(`${accountId}/deactivate`);
  await expect(woippy.complete(answer.url, begun)).rejects.toMatchObject({ error: "invalid_grant" });
  expect((await other.submit(form, credentials)).status).toBe(403);
});

test("by whatever way somebody signs in to a deactivated account, they come no further than a page that says so", async () => {
  const email = `agente${++people}@exemple.test`;
  const { accountId } = await idp.createAccount(email, "professional");
  await idp.sql.query(
    "update account set deactivated_at = now(), deactivated_reason = 'left' where id = $1",
    [accountId],
  );
  const { provider } = idp.app.host;
  const browser = new Browser();
  const page = await browser.open((await woippy.begin({ scope: AGENT })).url);
  // As a passkey or another provider would end it: by the account, without its password.
  const uid = new URL(page.url).pathname.split("/").at(-1) ?? "";
  const interaction = await provider.Interaction.find(uid);
  if (!interaction) throw new Error("no interaction");
  interaction.result = { login: { accountId } };
  await interaction.save(600);
  const stopped = await browser.open(`${idp.issuer}/auth/${uid}`);
  expect(stopped.status).toBe(403);
  expect(stopped.html).toContain("Votre compte professionnel est désactivé");
});

test("an account of the same address and the other kind goes on", async () => {
  const { email, accountId } = await agentAtBothSites();
  await idp.createAccount(email, "personal");
  await operator(`${accountId}/deactivate`);
  const tokens = await woippy.signIn(new Browser(), { email });
  expect(tokens.claims()?.account_kind).toBe("personal");
});

test("reactivated, it is as it was; said twice, each says so", async () => {
  const { email, accountId } = await agentAtBothSites();
  for (let n = 0; n < 2; n++) expect((await operator(`${accountId}/deactivate`)).status).toBe(204);
  expect(await operator(`${accountId}/reactivate`)).toEqual({ status: 200, body: { reactivated: true } });
  expect(await operator(`${accountId}/reactivate`)).toEqual({ status: 200, body: { reactivated: false } });
  expect((await woippy.signIn(new Browser(), { email, scope: AGENT })).claims()?.email).toBe(email);
  expect((await kinds(accountId)).filter((kind) => kind.startsWith("account_"))).toEqual([
    "account_created",
    "account_deactivated",
    "account_reactivated",
  ]);
});

test("an account nobody has is said, and nobody but the operator asks", async () => {
  expect((await operator(`${crypto.randomUUID()}/deactivate`)).status).toBe(404);
  expect((await operator("personne/deactivate")).status).toBe(422);
  const { accountId } = await agentAtBothSites();
  for (const token of ["guessed", await woippy.assertion()])
    expect((await operator(`${accountId}/deactivate`, token)).status).toBe(401);
  expect(woippyHears.tokens).toHaveLength(0);
});
