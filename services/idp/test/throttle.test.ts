import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { deriveKeys } from "../src/config.ts";
import { ThrottleRepository } from "../src/credentials/throttle-repository.ts";
import { Browser } from "./browser.ts";
import { PASSWORD, type RunningIdp, startIdp } from "./running-idp.ts";
import { TestSite } from "./test-site.ts";

const EMAIL = "camille@exemple.test";
const STRANGER = "203.0.113.7";
const HOME = "198.51.100.4";

let idp: RunningIdp;
let woippy: TestSite;
let throttle: ThrottleRepository;

beforeAll(async () => {
  idp = await startIdp();
  await idp.createAccount(EMAIL);
  woippy = await TestSite.register(idp, "Woippy");
  throttle = new ThrottleRepository(idp.app.pool, deriveKeys(idp.config).throttle);
});
afterAll(() => idp?.close());
beforeEach(() => idp.sql.query("delete from throttle"));

async function guess(password: string, { address = STRANGER, email = EMAIL } = {}) {
  const browser = new Browser(address);
  return browser.submit(await browser.open((await woippy.begin()).url), { email, password });
}
/** A failure without its page and without the work of hashing. */
const fail = (address: string, email = EMAIL) => throttle.begin(throttle.attempt(email, address));
const waited = () => idp.sql.query("update throttle set blocked_until = '-infinity'");
const network = (n: number) => `192.0.2.${n}`;
const delayedLines = async () =>
  (await idp.sql.query("select 1 from sign_in_event where kind = 'delayed'")).rowCount ?? 0;

describe("a guesser", () => {
  test("waits after some failures, whether the account exists or not", async () => {
    for (const email of [EMAIL, "personne@exemple.test"]) {
      for (let n = 0; n < 6; n++) expect((await guess("mauvais", { email })).status).toBe(422);
      const delayed = await guess(PASSWORD, { email });
      expect(delayed.status).toBe(429);
      expect(Number(delayed.headers.get("retry-after"))).toBeGreaterThan(0);
    }
  });

  test("waits longer after each failure, five minutes at most", async () => {
    const waits = [];
    for (let n = 0; n < 20; n++) {
      await fail(STRANGER);
      waits.push((await fail(STRANGER)).waitSeconds);
      await waited();
    }
    expect(Math.max(...waits)).toBe(300);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
  });

  test("gains nothing by sending guesses at once, also just after a wait", async () => {
    const atOnce = () => Promise.all(Array.from({ length: 12 }, () => fail(STRANGER)));
    const looked = (delays: { waitSeconds: number }[]) => delays.filter((d) => d.waitSeconds === 0).length;
    expect(looked(await atOnce())).toBeLessThanOrEqual(6);
    await waited();
    expect(looked(await atOnce())).toBe(1);
  });

  test("of one password at many accounts is delayed by their network", async () => {
    for (let n = 0; n < 31; n++) await fail(STRANGER, `p${n}@exemple.test`);
    expect((await fail(STRANGER, "encore@exemple.test")).waitSeconds).toBeGreaterThan(0);
    expect((await fail(HOME, "encore@exemple.test")).waitSeconds).toBe(0);
  });

  test("on many networks waits on each, and has no free failures there", async () => {
    for (let n = 0; n < 60; n++) await fail(network(n));
    const newcomer = network(200);
    expect((await fail(newcomer)).waitSeconds).toBeGreaterThan(0);
    await waited();
    expect((await fail(newcomer)).waitSeconds).toBe(0);
    expect((await fail(newcomer)).waitSeconds).toBeGreaterThanOrEqual(5);
  });
});

describe("an account's owner", () => {
  test("signs in at once, whatever a stranger does elsewhere", async () => {
    for (let n = 0; n < 100; n++) await fail(STRANGER);
    expect((await guess(PASSWORD, { address: STRANGER })).status).toBe(429);
    expect((await guess(PASSWORD, { address: HOME })).url).toContain(woippy.origin);
  });

  test("waits half a minute at most, once, while many networks guess at it", async () => {
    for (let n = 0; n < 250; n++) await fail(network(n));
    const held = await guess(PASSWORD, { address: HOME });
    expect(held.status).toBe(429);
    expect(Number(held.headers.get("retry-after"))).toBeLessThanOrEqual(30);
    await waited();
    // The guessing goes on meanwhile, and holds nobody again who has waited.
    for (let n = 0; n < 250; n++) await fail(network(n));
    expect((await guess(PASSWORD, { address: HOME })).url).toContain(woippy.origin);
  });

  test("is forgiven the failures before the right password", async () => {
    for (let n = 0; n < 6; n++) await fail(HOME);
    await waited();
    expect((await guess(PASSWORD, { address: HOME })).url).toContain(woippy.origin);
    for (let n = 0; n < 5; n++) expect((await fail(HOME)).waitSeconds).toBe(0);
  });
});

describe("the journal", () => {
  test("has one line on a block, however many attempts it delays", async () => {
    const before = await delayedLines();
    for (let n = 0; n < 6; n++) await fail(STRANGER);
    const guesses = await Promise.all(Array.from({ length: 10 }, () => guess("mauvais")));
    expect(guesses.map((page) => page.status)).toEqual(Array(10).fill(429));
    expect(await delayedLines()).toBe(before + 1);
    await waited();
    expect((await guess("mauvais")).status).toBe(422);
    for (let n = 0; n < 3; n++) await guess("mauvais");
    expect(await delayedLines()).toBe(before + 2);
  });

  test("has one line on an account guessed at from everywhere", async () => {
    const before = await delayedLines();
    for (let n = 0; n < 51; n++) await fail(network(n));
    for (let n = 100; n < 105; n++)
      expect((await guess("mauvais", { address: network(n) })).status).toBe(429);
    expect(await delayedLines()).toBe(before + 1);
  });

  test("can be added to and nothing else", async () => {
    await guess(PASSWORD, { address: HOME });
    const { rows } = await idp.sql.query<{ kind: string }>("select distinct kind from sign_in_event");
    expect(rows.map((row) => row.kind)).toEqual(expect.arrayContaining(["signed_in", "refused", "delayed"]));
    for (const statement of ["select 1 from", "delete from", "truncate"])
      await expect(idp.app.pool.query(`${statement} sign_in_event`)).rejects.toThrow(/permission denied/);
    await expect(idp.app.pool.query("update sign_in_event set kind = 'x'")).rejects.toThrow(
      /permission denied/,
    );
  });
});
