import { decodeJwt } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Browser } from "./browser.ts";
import { type RunningIdp, startIdp } from "./running-idp.ts";
import { TestSite } from "./test-site.ts";

let idp: RunningIdp;
let woippy: TestSite;
let metz: TestSite;

beforeAll(async () => {
  idp = await startIdp();
  await idp.createAccount("camille@exemple.test");
  [woippy, metz] = await Promise.all([TestSite.register(idp, "Woippy"), TestSite.register(idp, "Metz")]);
});
afterAll(() => idp?.close());

test("a person signs in with e-mail and password, and the site learns who they are", async () => {
  const tokens = await woippy.signIn(new Browser());
  expect(tokens.claims()).toMatchObject({
    name: "Camille Fictif",
    given_name: "Camille",
    family_name: "Fictif",
    email: "camille@exemple.test",
    email_verified: true,
    account_kind: "personal",
  });
  expect(tokens.claims()).not.toHaveProperty("agent_id");
  expect(tokens.claims()?.sid).toEqual(expect.any(String));
  expect(tokens.refresh_token).toEqual(expect.any(String));
});

test("two entities never receive the same subject", async () => {
  const browser = new Browser();
  const first = await woippy.signIn(browser);
  const second = await metz.signIn(browser, { parameters: { prompt: "none" } });
  expect(second.claims()?.sub).not.toBe(first.claims()?.sub);
  expect(decodeJwt(second.id_token ?? "").sub).toBe(second.claims()?.sub);
});

test("signing in to two sites at once forgets neither", async () => {
  const browser = new Browser();
  const marly = await TestSite.register(idp, "Marly");
  const first = await marly.signIn(browser);
  const silent = { parameters: { prompt: "none" } };
  const both = await Promise.all([woippy.signIn(browser, silent), metz.signIn(browser, silent)]);
  await expect(woippy.refresh(both[0].refresh_token ?? "")).resolves.toBeDefined();
  await expect(metz.refresh(both[1].refresh_token ?? "")).resolves.toBeDefined();
  await expect(marly.refresh(first.refresh_token ?? "")).resolves.toBeDefined();
});

test("a pushed authorization request signs in once", async () => {
  const browser = new Browser();
  await woippy.signIn(browser);
  const begun = await woippy.begin();
  const page = await browser.open(begun.url);
  await expect(woippy.complete(page.url, begun)).resolves.toBeDefined();
  expect((await browser.open(begun.url)).url).not.toContain("code=");
});
