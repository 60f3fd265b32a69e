import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SIGN_INS_BEGUN } from "../src/interactions/begin-limit.ts";
import { Browser } from "./browser.ts";
import { behindProxy, type RunningIdp, startIdp } from "./running-idp.ts";
import { TestSite } from "./test-site.ts";

const FLOOD = "203.0.113.7";

let idp: RunningIdp;
let woippy: TestSite;

beforeAll(async () => {
  idp = await startIdp({ production: true });
  await idp.createAccount("camille@exemple.test");
  woippy = await TestSite.register(idp, "Woippy", { origin: "https://woippy.localhost" });
});
afterAll(() => idp?.close());

const begin = async (address: string, init: RequestInit = {}) =>
  behindProxy((await woippy.begin()).url, {
    ...init,
    headers: { accept: "text/html", "x-forwarded-for": address, ...init.headers },
  });
const interactions = async () =>
  (await idp.sql.query("select 1 from artifact where kind = 'Interaction'")).rowCount ?? 0;

describe("a network that begins more sign-ins than a school", () => {
  const signedIn = new Browser(FLOOD);

  beforeAll(async () => {
    await woippy.signIn(signedIn);
    // The one above counts.
    for (let n = 1; n < SIGN_INS_BEGUN.max; n++) {
      const response = await begin(FLOOD);
      if (response.status !== 303) throw new Error(`stopped after ${n}: ${response.status}`);
      await response.body?.cancel();
    }
  }, 120_000);

  test("gets a plain page that says when to come back, and writes nothing", async () => {
    const before = await interactions();
    const refused = await begin(FLOOD);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(500);
    expect(refused.headers.getSetCookie()).toEqual([]);
    expect(refused.headers.get("location")).toBeNull();
    const html = await refused.text();
    expect(html).toContain("Trop de connexions en même temps depuis votre réseau");
    expect(html).toContain('href="https://woippy.localhost/connexion"');
    expect(await interactions()).toBe(before);
  });

  test("isn't believed when it says it is another one", async () => {
    const refused = await begin(`198.51.100.9, ${FLOOD}`);
    expect(refused.status).toBe(429);
  });

  test("costs another network nothing", async () => {
    expect((await begin("198.51.100.4")).status).toBe(303);
  });

  test("still signs in silently who is signed in, and shows them the choice of account", async () => {
    const silent = await woippy.signIn(signedIn, { parameters: { prompt: "none" } });
    expect(silent.id_token).toBeDefined();
    const choice = await signedIn.open(
      (await woippy.begin({ parameters: { prompt: "select_account" } })).url,
    );
    expect(choice.status).toBe(200);
  });

  test("can't pass for signed in with a cookie of its own making", async () => {
    const refused = await begin(FLOOD, { headers: { cookie: "__Host-session=abc; __Host-session.sig=abc" } });
    expect(refused.status).toBe(429);
  });
});
