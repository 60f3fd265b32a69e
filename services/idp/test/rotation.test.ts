import { decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deriveKeys } from "../src/config.ts";
import { rotateSigningKeys } from "../src/keys/rotate-keys.ts";
import { Browser } from "./browser.ts";
import { PASSWORD, type RunningIdp, startIdp } from "./running-idp.ts";
import { TestSite } from "./test-site.ts";

let idp: RunningIdp;
let sites: TestSite[];
const EMAIL = "camille@exemple.test";

beforeAll(async () => {
  idp = await startIdp();
  await idp.createAccount(EMAIL);
  sites = await Promise.all(
    ["Woippy", "Metz", "Marly", "Montigny"].map((name) => TestSite.register(idp, name)),
  );
});
afterAll(() => idp?.close());

let hours = 0;
/** What the command does, and what a running service does within fifteen seconds. */
async function rotate(): Promise<void> {
  hours += 1;
  const { owner } = idp.config.database;
  await rotateSigningKeys(owner, deriveKeys(idp.config).sealing, new Date(Date.now() + hours * 3_600_000));
  await idp.app.host.loadKeys();
}
const site = (n: number) => sites[n % sites.length] as TestSite;
const cookieKeys = async () =>
  (
    await idp.sql.query<{ kid: string; state: string }>(
      "select kid, state from signing_key where alg = 'cookies' order by changed_at",
    )
  ).rows;

test("keys of tokens and cookies change twice under 240 sign-ins, and none fails", async () => {
  const kids = new Set<string>();
  let done = 0;
  const people = Array.from({ length: 6 }, async (_, person) => {
    const browser = new Browser();
    for (let n = 0; n < 40; n++) {
      const silent = n % 8 !== 0;
      const tokens = silent
        ? await site(person + n).signIn(browser, { email: EMAIL, parameters: { prompt: "none" } })
        : await site(person + n).signIn(n === 0 ? browser : new Browser(), { email: EMAIL });
      kids.add(decodeProtectedHeader(tokens.id_token ?? "").kid ?? "");
      if (n % 4 === 0) await site(person + n).refresh(tokens.refresh_token ?? "");
      done += 1;
    }
  });
  const rotations = (async () => {
    for (const after of [60, 150]) {
      await expect.poll(() => done, { timeout: 60_000, interval: 5 }).toBeGreaterThanOrEqual(after);
      await rotate();
    }
  })();
  await Promise.all([...people, rotations]);
  expect(done).toBe(240);
  // Those of before, between and after.
  expect(kids.size).toBe(3);
}, 120_000);

test("a cookie outlives two changes of its key: a session, a sign-in under way and its form", async () => {
  const browser = new Browser();
  await site(0).signIn(browser);
  const waiting = new Browser();
  const begun = await site(1).begin();
  const form = await waiting.open(begun.url);
  const before = await cookieKeys();
  await rotate();
  await rotate();
  const keys = await cookieKeys();
  expect(keys.filter(({ state }) => state === "current")).toHaveLength(1);
  expect(keys.find(({ state }) => state === "current")?.kid).not.toBe(
    before.find(({ state }) => state === "current")?.kid,
  );
  const page = await waiting.submit(form, { email: EMAIL, password: PASSWORD, action: "connecter" });
  await expect(site(1).complete(page.url, begun)).resolves.toBeDefined();
  await expect(site(2).signIn(browser, { parameters: { prompt: "none" } })).resolves.toBeDefined();
});

test("a cookie signed by a key that was removed is none", async () => {
  const browser = new Browser();
  await site(0).signIn(browser);
  const cookies = new Map(browser.cookiesOf(new URL(idp.issuer).host));
  await rotate();
  hours += 30;
  await rotate();
  await rotate();
  const thief = new Browser();
  for (const [name, cookie] of cookies) thief.cookiesOf(new URL(idp.issuer).host).set(name, cookie);
  const silent = await thief.open((await site(1).begin({ parameters: { prompt: "none" } })).url);
  expect(silent.url).toContain("error=login_required");
});

test("cookie keys are stored sealed, and published nowhere", async () => {
  const { rows } = await idp.sql.query<{ text: string }>(
    "select encode(sealed_jwk, 'escape') as text from signing_key where alg = 'cookies'",
  );
  for (const { text } of rows) expect(text).not.toContain('"k"');
  const page = await new Browser().open(`${idp.issuer}/jwks`, { headers: { accept: "application/json" } });
  expect(page.html).not.toContain('"oct"');
  for (const { kid } of await cookieKeys()) expect(page.html).not.toContain(kid);
});
