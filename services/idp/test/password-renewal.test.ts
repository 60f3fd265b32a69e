import { createHmac } from "node:crypto";
import { hash } from "@node-rs/argon2";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { AccountRepository } from "../src/accounts/account-repository.ts";
import { deriveKeys } from "../src/config.ts";
import { isOutdated } from "../src/credentials/password-hash.ts";
import { Browser } from "./browser.ts";
import { PASSWORD, type RunningIdp, startIdp } from "./running-idp.ts";
import { TestSite } from "./test-site.ts";

const EMAIL = "camille@exemple.test";
let idp: RunningIdp;
let woippy: TestSite;
let accountId: string;
let outdated: string;

beforeAll(async () => {
  idp = await startIdp();
  ({ accountId } = await idp.createAccount(EMAIL));
  woippy = await TestSite.register(idp, "Woippy");
});
afterAll(() => idp?.close());
beforeEach(async () => {
  // OWASP's least: 19 MiB, two passes.
  const peppered = createHmac("sha256", deriveKeys(idp.config).pepper).update(PASSWORD).digest("base64");
  outdated = await hash(peppered, { memoryCost: 46 * 1024, timeCost: 1, parallelism: 1 });
  await idp.sql.query("update password set hash = $2 where account_id = $1", [accountId, outdated]);
});

const stored = async () =>
  (await idp.sql.query<{ hash: string }>("select hash from password where account_id = $1", [accountId]))
    .rows[0]?.hash ?? "";

test("a sign-in with a hash of other parameters leaves one of today's, which signs in", async () => {
  expect(isOutdated(outdated)).toBe(true);
  await woippy.signIn(new Browser());
  await expect.poll(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  const renewed = await stored();
  await woippy.signIn(new Browser());
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await stored()).toBe(renewed);
});

test("a wrong password renews nothing", async () => {
  const browser = new Browser();
  await browser.submit(await browser.open((await woippy.begin()).url), { email: EMAIL, password: "mauvais" });
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await stored()).toBe(outdated);
});

test("a password changed meanwhile stays", async () => {
  const accounts = new AccountRepository(idp.app.pool);
  await accounts.replaceHash(accountId, "another hash", "late");
  expect(await stored()).toBe(outdated);
});

test("a renewal that fails doesn't fail the sign-in", async () => {
  await idp.sql.query("alter table password add constraint stay check (hash like '%m=47104%')");
  await woippy.signIn(new Browser());
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await stored()).toBe(outdated);
  await idp.sql.query("alter table password drop constraint stay");
});
