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
