import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { SESSION_COOKIE } from "../../src/sign-in/session-cookie.ts";
import { type ListeningInstance, startInstance } from "./listening-instance.ts";
import { type Script, type ScriptedProvider, startScriptedProvider } from "./scripted-provider.ts";
import { TestBrowser } from "./test-browser.ts";

let provider: ScriptedProvider;
let instance: ListeningInstance;
let browser: TestBrowser;

beforeAll(async () => {
  provider = await startScriptedProvider();
  instance = await startInstance({ hosts: ["woippy", "metz"], issuer: provider.issuer });
});
afterAll(async () => {
  await instance?.[Symbol.asyncDispose]();
  await provider?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  browser = new TestBrowser();
});

const begin = async (path = "/connexion") =>
  (await browser.open(`${instance.originOf("woippy")}${path}`, {}, (url) => url.startsWith(provider.issuer)))
    .url;
const signedIn = () => browser.jarOf(instance.originOf("woippy")).has(SESSION_COOKIE);

it("the scripted provider's honest answer signs in: what the refusals below refuse is the lie", async () => {
  const asked = new URL(await begin());
  expect([...asked.searchParams.keys()].sort()).toEqual(["client_id", "request_uri"]);
  expect(Object.fromEntries(provider.asked(asked.href))).toMatchObject({
    response_type: "code",
    scope: "openid profile email offline_access",
    code_challenge_method: "S256",
    ui_locales: "fr",
  });
  const page = await browser.open(provider.answer(asked.href));
  expect(page.url).toBe(`${instance.originOf("woippy")}/`);
  expect(signedIn()).toBe(true);
});

const LIES: Record<string, Script> = {
  "another nonce": { claims: (right) => ({ ...right, nonce: "another" }) },
  "no nonce": { claims: ({ nonce: _, ...right }) => right },
  "another issuer": { claims: (right) => ({ ...right, iss: "http://evil.example" }) },
  "another audience": { claims: (right) => ({ ...right, aud: "metzaaaaaaaa" }) },
  "an expired ID token": { claims: (right) => ({ ...right, exp: Math.floor(Date.now() / 1000) - 60 }) },
  "a signature by another key": { foreignKey: true },
  "no session id": { claims: ({ sid: _, ...right }) => right },
  "an unsigned ID token (alg none)": { disguise: "none" },
  "an ID token signed with a published key as secret (HS256)": { disguise: "HS256" },
  "a code of another client": { error: { status: 400, body: { error: "invalid_grant" } } },
};

/** What the log says of the sign-in that was refused: that it was, and nothing that was sent. */
function logged(from: number, answer: string): void {
  const lines = instance.logged.slice(from);
  expect(lines.filter((line) => JSON.parse(line).msg === "a sign-in stopped")).toHaveLength(1);
  for (const value of new URL(answer).searchParams.values())
    if (value.length > 20 && !value.startsWith("http")) expect(lines.join()).not.toContain(value);
}

it.each(Object.keys(LIES))("an answer with %s signs nobody in", async (lie) => {
  const asked = await begin();
  provider.script(LIES[lie] ?? {});
  const [answer, from] = [provider.answer(asked), instance.logged.length];
  const page = await browser.open(answer);
  expect(page.status).toBe(400);
  logged(from, answer);
  expect(page.html).toContain("Réessayer de me connecter");
  expect(signedIn()).toBe(false);
});

it.each([
  ["another issuer beside the code", { iss: "http://evil.example" }],
  ["no issuer beside the code", { iss: null }],
  ["another state", { state: "x".repeat(43) }],
  ["no state", { state: null }],
  ["an error", { code: null, error: "invalid_request" }],
])("an answer with %s signs nobody in", async (_, overrides) => {
  const [answer, from] = [provider.answer(await begin(), overrides), instance.logged.length];
  const page = await browser.open(answer);
  expect(page.status).toBe(400);
  logged(from, answer);
  expect(signedIn()).toBe(false);
});

it("an agent's answer signs in where it tells of two factors, which are asked for, and not else", async () => {
  const agent = (acr: string) => ({
    claims: (right: object) => ({ ...right, account_kind: "professional", agent_id: "agent-1", acr }),
  });
  for (const [acr, status] of [
    ["https://refeds.org/profile/sfa", 400],
    ["https://refeds.org/profile/mfa", 303],
  ] as const) {
    const asked = await begin("/connexion?espace=agent");
    expect(provider.asked(asked).get("acr_values")).toBe("https://refeds.org/profile/mfa");
    provider.script(agent(acr));
    expect((await browser.request(provider.answer(asked))).status).toBe(status);
    expect(signedIn()).toBe(status === 303);
  }
});

it("an attempt serves once, and on its own site", async () => {
  const asked = await begin();
  const answer = provider.answer(asked);
  const carried = browser.jarOf(instance.originOf("woippy"));
  const other = new TestBrowser();
  for (const [name, value] of carried) other.jarOf(instance.originOf("metz")).set(name, value);
  const elsewhere = answer.replace(instance.originOf("woippy"), instance.originOf("metz"));
  expect((await other.open(elsewhere)).status).toBe(400);
  const thief = new TestBrowser();
  for (const [name, value] of carried) thief.jarOf(instance.originOf("woippy")).set(name, value);
  await browser.open(answer);
  expect(signedIn()).toBe(true);
  expect((await browser.open(answer)).url).toBe(`${instance.originOf("woippy")}/`);
});

it("a silent attempt that would ask something leads on, as anybody", async () => {
  const asked = await begin("/connexion?silencieux=1&retour=%2Fsuivi");
  expect(provider.asked(asked).get("prompt")).toBe("none");
  const page = await browser.open(provider.answer(asked, { code: null, error: "login_required" }));
  expect(page.url).toBe(`${instance.originOf("woippy")}/suivi`);
  expect(signedIn()).toBe(false);
});

it("a provider that fails is said to be unavailable, with what still works", async () => {
  const asked = await begin();
  provider.script({ error: { status: 503, body: {} } });
  const page = await browser.open(provider.answer(asked));
  expect(page.status).toBe(503);
  expect(page.html).toContain("La connexion est momentanément impossible");
  expect(page.html).toContain('href="/suivi"');
});

it("without a provider sites go on; it is found again once it is back", async () => {
  await using alone = await startInstance({ hosts: ["woippy"], issuer: "http://connexion.localhost:9" });
  const site = alone.originOf("woippy");
  expect((await browser.open(`${site}/`)).status).toBe(200);
  const page = await browser.open(`${site}/connexion`);
  expect(page.status).toBe(503);
  expect(page.html).toContain('href="/suivi"');
  expect((await browser.open(`${site}/connexion?silencieux=1&retour=%2Fsuivi`)).url).toBe(`${site}/suivi`);
  alone.config.idp.issuer = provider.issuer;
  const next = await browser.open(`${site}/connexion`, {}, (url) => url.startsWith(provider.issuer));
  expect(next.url.startsWith(provider.issuer)).toBe(true);
});

it("a provider that says to be another one is none", async () => {
  const alias = provider.issuer.replace("connexion.", "imposteur.");
  await using alone = await startInstance({ hosts: ["woippy"], issuer: alias });
  const page = await browser.open(`${alone.originOf("woippy")}/connexion`);
  expect(page.status).toBe(503);
  expect(page.html).toContain('href="/suivi"');
});

it("the oldest attempts make room: cookies of forgotten tabs don't pile up", async () => {
  for (let tabs = 0; tabs < 9; tabs++) await begin();
  const names = [...browser.jarOf(instance.originOf("woippy")).keys()].filter((name) =>
    name.includes("attempt"),
  );
  expect(names.length).toBeLessThanOrEqual(4);
});
