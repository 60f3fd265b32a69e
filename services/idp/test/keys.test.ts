import { serviceFetch } from "@interco/platform/http-client";
import { decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deriveKeys } from "../src/config.ts";
import { KeysTooYoung, rotateSigningKeys } from "../src/keys/rotate-keys.ts";
import { removeAllExpired } from "../src/operations/maintenance.ts";
import { Browser } from "./browser.ts";
import { type RunningIdp, startIdp } from "./running-idp.ts";
import { TestSite } from "./test-site.ts";

let idp: RunningIdp;
let woippy: TestSite;

beforeAll(async () => {
  idp = await startIdp();
  await idp.createAccount("camille@exemple.test");
  woippy = await TestSite.register(idp, "Woippy");
});
afterAll(() => idp?.close());

const published = async () => {
  const { keys } = (await (await serviceFetch(`${idp.issuer}/jwks`)).json()) as {
    keys: { kid: string; alg: string; d?: string }[];
  };
  return keys;
};
const rotate = (hours: number) =>
  rotateSigningKeys(
    idp.config.database.owner,
    deriveKeys(idp.config).sealing,
    new Date(Date.now() + hours * 3_600_000),
  );

test("keys are published before they sign, and no sign-in breaks when they change", async () => {
  const before = await published();
  expect(before.map((key) => key.alg).sort()).toEqual(["ES256", "ES256", "RS256", "RS256"]);
  expect(before.some((key) => key.d)).toBe(false);
  const browser = new Browser();
  const old = await woippy.signIn(browser);
  const begun = await woippy.begin();
  const page = await browser.open(begun.url);
  await rotate(1);
  expect(await idp.app.host.loadKeys()).toBe(true);
  // A sign-in under way ends with the new key, which the site could already verify.
  const tokens = await woippy.complete(page.url, begun);
  const { kid } = decodeProtectedHeader(tokens.id_token ?? "");
  expect(kid).not.toBe(decodeProtectedHeader(old.id_token ?? "").kid);
  expect(before.map((key) => key.kid)).toContain(kid);
  expect((await published()).map((key) => key.kid)).toContain(decodeProtectedHeader(old.id_token ?? "").kid);
  const { refresh_token: next } = await woippy.refresh(tokens.refresh_token ?? "");
  expect(next).toEqual(expect.any(String));
});

test("keys are not rotated before every service publishes them", async () => {
  await expect(rotate(0)).rejects.toBeInstanceOf(KeysTooYoung);
});

test("a retired key is gone after a day", async () => {
  await rotate(2);
  await rotate(30);
  await idp.app.host.loadKeys();
  expect((await published()).length).toBeLessThanOrEqual(6);
  await woippy.signIn(new Browser());
});

test("private keys are stored encrypted", async () => {
  const { rows } = await idp.sql.query<{ text: string }>(
    "select encode(sealed_jwk, 'escape') as text from signing_key",
  );
  for (const { text } of rows) expect(text).not.toContain('"d"');
});

test("expired rows are removed a bounded batch at a time", async () => {
  await idp.sql.query(
    `insert into artifact (id, kind, payload, expires_at)
     select sha256(convert_to('old' || n, 'UTF8')), 'AccessToken', '{}', now() - interval '1 minute' from generate_series(1, 250) n`,
  );
  await idp.sql.query(
    `insert into assertion (id, expires_at)
     select sha256(convert_to('old' || n, 'UTF8')), now() - interval '1 minute' from generate_series(1, 130) n`,
  );
  const batches: number[] = [];
  await removeAllExpired(async (limit) => {
    const removed = await idp.app.artifacts.removeExpired(limit);
    batches.push(removed);
    return removed;
  }, 100);
  expect(batches).toEqual([100, 100, 50]);
  const { rows } = await idp.sql.query(
    "select (select count(*) from artifact where expires_at < now()) + (select count(*) from assertion where expires_at < now()) as left",
  );
  expect(Number(rows[0].left)).toBe(0);
});
