import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Browser } from "../browser.ts";
import { PASSWORD } from "../running-idp.ts";
import {
  begin,
  comeBackFrom,
  makeAccount,
  startUpstreamIdp,
  submitWith,
  type UpstreamIdp,
} from "./upstream-idp.ts";

let all: UpstreamIdp;
beforeAll(async () => {
  all = await startUpstreamIdp();
  await all.idp.createAccount("camille@exemple.test");
});
afterAll(() => all?.[Symbol.asyncDispose]());
beforeEach(() =>
  all.idp.sql.query(
    "delete from upstream_identity; delete from pivot_identity; delete from account where email like '%courriel.example'; update account set must_recover_since = null",
  ),
);

const own = (browser: Browser) => browser.open(`${all.idp.issuer}/compte/identites`);
const links = async () => (await all.idp.sql.query("select 1 from upstream_identity")).rowCount;
const mailTold = async (subject: string) => {
  const told = () => all.mail.mails.list("camille@exemple.test").findLast((mail) => mail.subject === subject);
  await expect.poll(told).toBeTruthy();
  return told()?.text ?? "";
};

/** Somebody with a password, who linked FranceConnect to their account. */
async function linked(): Promise<Browser> {
  const { browser, page, begun } = await begin(all.woippy);
  const first = await comeBackFrom({ browser, page }, "franceconnect", "angela");
  const typed = { login: "camille@exemple.test", password: PASSWORD, action: "relier" };
  await all.woippy.complete((await submitWith(browser, first, "login", typed)).url, begun);
  return browser;
}

test("a person sees who else opens their account, and shuts it to them", async () => {
  const browser = await linked();
  const page = await own(browser);
  expect(page.html).toContain("FranceConnect");
  const done = await browser.submit(page);
  expect(done.html).toContain("Ce service n'ouvre plus votre compte");
  expect(done.html).not.toContain("<h2>FranceConnect");
  expect(await mailTold("Votre compte n'est plus relié à FranceConnect")).toContain("/compte/pas-moi/");
  const { rows } = await all.idp.sql.query(
    "select detail from sign_in_event where kind = 'upstream_unlinked' order by at desc limit 1",
  );
  expect(rows).toEqual([{ detail: { upstream: "franceconnect" } }]);
  // Who comes from there is nobody's again.
  const again = await comeBackFrom(await begin(all.woippy), "franceconnect", "angela");
  expect(again.html).toContain('value="angela@courriel.example"');
});

test("an account without a password keeps its only way in, and says where to choose one", async () => {
  const { browser, page } = await begin(all.woippy);
  const first = await comeBackFrom({ browser, page }, "franceconnect", "angela");
  await makeAccount(all, browser, first, "angela@courriel.example");
  const refused = await browser.submit(await own(browser));
  expect(refused.status).toBe(422);
  expect(refused.html).toContain("/mot-de-passe-oublie");
  expect(await links()).toBe(1);
});

test("what isn't linked can't be unlinked", async () => {
  const browser = await linked();
  const back = await browser.submit(await own(browser), { upstream: "proconnect" });
  expect(back.url).toBe(`${all.idp.issuer}/compte/identites`);
  expect(await links()).toBe(1);
});

test('"it wasn\'t me" shuts the account to who linked themselves to it', async () => {
  await linked();
  const told = await mailTold("Votre compte est relié à FranceConnect");
  const { browser } = await begin(all.woippy);
  await browser.submit(await browser.open(/http\S+\/compte\/pas-moi\/[\w-]+/.exec(told)?.[0] ?? ""));
  expect(await links()).toBe(0);
  expect((await all.idp.sql.query("select 1 from pivot_identity")).rowCount).toBe(0);
});
