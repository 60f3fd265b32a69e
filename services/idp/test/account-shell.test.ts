import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { OWN_CLIENT } from "../src/clients/own-client.ts";
import { Browser, type Page } from "./browser.ts";
import { PASSWORD, type RunningIdp, startIdp } from "./running-idp.ts";
import { SiteEndpoint } from "./site-endpoint.ts";
import { siteMetadata } from "./site-metadata.ts";
import { registerSite, TestSite } from "./test-site.ts";

const EMAIL = "camille@exemple.test";
const stack = new AsyncDisposableStack();
let idp: RunningIdp;
let hears: SiteEndpoint;
let woippy: TestSite;
let accountId: string;

beforeAll(async () => {
  idp = stack.use(await startIdp());
  hears = stack.use(await new SiteEndpoint().start("woippy"));
  ({ accountId } = await idp.createAccount(EMAIL));
  woippy = await TestSite.register(idp, "Woippy", { origin: hears.origin });
});
afterAll(() => stack.disposeAsync());
beforeEach(() => idp.sql.query("delete from throttle"));

const account = () => `${idp.issuer}/compte`;
const give = (browser: Browser, page: Page, password = PASSWORD) =>
  browser.submit(page, { email: EMAIL, password, action: "connecter" });

describe("the account's first page", () => {
  test("asks who one is, and comes back to itself", async () => {
    const browser = new Browser();
    const signIn = await browser.open(account());
    expect(signIn.url).toContain("/connexion/");
    expect(signIn.html).toContain("<b>Mon compte</b>");
    const page = await give(browser, signIn);
    expect(page.url).toBe(account());
    expect(page.html).toContain("Camille Fictif");
    expect(page.headers.get("cache-control")).toBe("no-store");
  });

  test("asks in the language chosen on it, whatever was chosen before", async () => {
    const browser = new Browser();
    await browser.open(`${idp.issuer}/?lang=fr`);
    expect((await browser.open(`${account()}?lang=en`)).html).toContain('<html lang="en">');
  });

  test("is there at once for who signed in to a site", async () => {
    const browser = new Browser();
    await woippy.signIn(browser);
    expect((await browser.open(account())).html).toContain("Camille Fictif");
  });

  test("counts as use of the session", async () => {
    const browser = new Browser();
    await woippy.signIn(browser);
    await idp.sql.query(
      "update artifact set expires_at = now() + interval '5 minutes' where kind = 'Session'",
    );
    await browser.open(account());
    const { rows } = await idp.sql.query(
      "select max(extract(epoch from expires_at - now()))::int as left from artifact where kind = 'Session'",
    );
    expect(rows[0].left).toBeGreaterThan(29 * 60);
  });
});

describe("the provider's own client", () => {
  test("leads back to pages of the account only", async () => {
    for (const state of [
      "https://evil.test/",
      "//evil.test",
      "/compte/../x",
      "/session/end",
      "/comptes",
      "",
    ]) {
      const answer = await new Browser().request(`${account()}/retour?${new URLSearchParams({ state })}`);
      expect(answer.headers.get("location")).toBe("/compte");
    }
  });

  test("can't be registered, nor named by an entity", async () => {
    const metadata = siteMetadata("Compte", OWN_CLIENT, "http://compte.localhost:1", {});
    expect((await registerSite(idp, { ...metadata, client_id: OWN_CLIENT })).status).toBe(400);
    expect((await idp.sql.query("select 1 from client where client_id = $1", [OWN_CLIENT])).rowCount).toBe(0);
  });

  test("sends nobody elsewhere", async () => {
    const page = await new Browser().open(
      `${idp.issuer}/auth?${new URLSearchParams({ client_id: OWN_CLIENT, response_type: "code", scope: "openid", redirect_uri: "http://evil.localhost:1/", code_challenge: "a".repeat(43), code_challenge_method: "S256" })}`,
    );
    expect(page.status).toBe(400);
  });

  test("is no site of the territory", async () => {
    const home = await new Browser().open(`${idp.issuer}/`);
    expect(home.html).toContain(woippy.origin);
    expect(home.html).not.toContain(`href="${idp.issuer}`);
  });
});

describe("ending an account's sessions", () => {
  test("ends all of them everywhere, tells each site at once, and says how many", async () => {
    const [one, other] = [new Browser(), new Browser()];
    const first = await woippy.signIn(one);
    const second = await woippy.signIn(other);
    hears.tokens.length = 0;
    const before = Number(
      (
        await idp.sql.query("select count(*) from artifact where kind = 'Session' and account_id = $1", [
          accountId,
        ])
      ).rows[0].count,
    );
    expect(await idp.app.endSessions(accountId, { reason: "test" })).toBe(before);
    for (const tokens of [first, second])
      await expect(woippy.refresh(tokens.refresh_token ?? "")).rejects.toMatchObject({
        error: "invalid_grant",
      });
    await expect.poll(() => hears.tokens.length).toBeGreaterThanOrEqual(2);
    expect((await one.open(account())).url).toContain("/connexion/");
    const left = await idp.sql.query("select kind from artifact where account_id = $1 and kind <> 'Grant'", [
      accountId,
    ]);
    expect(left.rows).toEqual([]);
  });

  test("spares the one named, or ends that one alone, and never another account's", async () => {
    const [mine, other] = [new Browser(), new Browser()];
    await woippy.signIn(mine);
    const kept = (
      await idp.sql.query(
        "select session_uid as uid from artifact where kind = 'Session' and account_id = $1",
        [accountId],
      )
    ).rows[0].uid;
    await woippy.signIn(other);
    await idp.app.endSessions(accountId, { except: kept, reason: "test" });
    expect((await mine.open(account())).html).toContain("Camille Fictif");
    expect((await other.open(account())).url).toContain("/connexion/");
    const { accountId: stranger } = await idp.createAccount("dominique@exemple.test");
    expect(await idp.app.endSessions(stranger, { only: kept, reason: "test" })).toBe(0);
    expect(await idp.app.endSessions(accountId, { only: kept, reason: "test" })).toBe(1);
    expect((await mine.open(account())).url).toContain("/connexion/");
  });

  test("ends a sign-in that has its credentials and waits for its browser", async () => {
    const thief = new Browser();
    const page = await thief.open((await woippy.begin()).url);
    const form = new URLSearchParams({
      _csrf: /_csrf" value="([^"]*)"/.exec(page.html)?.[1] ?? "",
      email: EMAIL,
      password: PASSWORD,
      action: "connecter",
    });
    const held = await thief.request(page.url, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: form.toString(),
    });
    expect(held.headers.get("location")).toContain("/auth/");
    await idp.app.endSessions(accountId, { reason: "test" });
    const answer = await thief.open(new URL(held.headers.get("location") ?? "", page.url).href);
    expect(answer.status).toBe(400);
    expect(answer.url).not.toContain("code=");
  });
});
