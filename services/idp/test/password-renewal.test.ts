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
const WITNESS = "temoin@exemple.test";
let idp: RunningIdp;
let woippy: TestSite;
let accountId: string;
let witnessId: string;
let outdated: string;

beforeAll(async () => {
  idp = await startIdp();
  ({ accountId } = await idp.createAccount(EMAIL));
  ({ accountId: witnessId } = await idp.createAccount(WITNESS));
  woippy = await TestSite.register(idp, "Woippy");
});
afterAll(() => idp?.close());
beforeEach(async () => {
  // As strong as today's, in one pass of more memory: what they were before.
  const peppered = createHmac("sha256", deriveKeys(idp.config).pepper).update(PASSWORD).digest("base64");
  outdated = await hash(peppered, { memoryCost: 46 * 1024, timeCost: 1, parallelism: 1 });
  await idp.sql.query("update password set hash = $1", [outdated]);
});

const stored = async (id = accountId) =>
  (await idp.sql.query<{ hash: string }>("select hash from password where account_id = $1", [id])).rows[0]
    ?.hash ?? "";
/** Until a hash that was to be renewed would have been: one is made at a time, and another account's now is. */
const renewalsOver = () =>
  expect
    .poll(async () => {
      await woippy.signIn(new Browser(), { email: WITNESS });
      return isOutdated(await stored(witnessId));
    })
    .toBe(false);

test("a sign-in with a hash of other parameters leaves one of today's, which signs in", async () => {
  expect(isOutdated(outdated)).toBe(true);
  await woippy.signIn(new Browser());
  await expect.poll(() => stored()).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  const renewed = await stored();
  await woippy.signIn(new Browser());
  await renewalsOver();
  expect(await stored()).toBe(renewed);
});

test("a wrong password renews nothing", async () => {
  const browser = new Browser();
  await browser.submit(await browser.open((await woippy.begin()).url), { email: EMAIL, password: "mauvais" });
  await renewalsOver();
  expect(await stored()).toBe(outdated);
});

test("a password changed meanwhile stays", async () => {
  const accounts = new AccountRepository(idp.app.pool);
  await accounts.replaceHash(accountId, "another hash", "late");
  expect(await stored()).toBe(outdated);
});

test("a renewal that fails doesn't fail the sign-in", async () => {
  await idp.sql.query(
    `alter table password add constraint stay check (account_id <> '${accountId}' or hash like '%m=47104%')`,
  );
  await woippy.signIn(new Browser());
  await renewalsOver();
  expect(await stored()).toBe(outdated);
  await idp.sql.query("alter table password drop constraint stay");
});
