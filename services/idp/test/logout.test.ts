import { serviceFetch } from "@interco/platform/http-client";
import { createRemoteJWKSet, customFetch, jwtVerify } from "jose";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Browser } from "./browser.ts";
import { type RunningIdp, startIdp } from "./running-idp.ts";
import { SiteEndpoint } from "./site-endpoint.ts";
import { TestSite } from "./test-site.ts";

const stack = new AsyncDisposableStack();
let idp: RunningIdp;
let woippyHears: SiteEndpoint;
let metzHears: SiteEndpoint;
let woippy: TestSite;
let metz: TestSite;

beforeAll(async () => {
  idp = stack.use(await startIdp());
  woippyHears = stack.use(await new SiteEndpoint().start("woippy"));
  metzHears = stack.use(await new SiteEndpoint().start("metz"));
  await idp.createAccount("camille@exemple.test");
  [woippy, metz] = await Promise.all([
    TestSite.register(idp, "Woippy", { origin: woippyHears.origin }),
    TestSite.register(idp, "Metz", { origin: metzHears.origin }),
  ]);
});
afterAll(() => stack.disposeAsync());
beforeEach(() => {
  for (const endpoint of [woippyHears, metzHears]) {
    endpoint.tokens.length = 0;
    endpoint.status = 200;
  }
});

function logoutUrl(site: TestSite, more: Record<string, string> = {}): string {
  const url = new URL(`${idp.issuer}/session/end`);
  url.search = new URLSearchParams({
    client_id: site.entity,
    post_logout_redirect_uri: `${site.origin}/deconnexion/retour`,
    state: "abc",
    ...more,
  }).toString();
  return url.href;
}

async function verified(token: string | undefined, site: TestSite) {
  const keys = createRemoteJWKSet(new URL(`${idp.issuer}/jwks`), { [customFetch]: serviceFetch as never });
  const options = { issuer: idp.issuer, audience: site.entity, typ: "logout+jwt" };
  return (await jwtVerify(token ?? "", keys, options)).payload;
}

test("one sign-out tells every site of the session, each in its own terms", async () => {
  const browser = new Browser();
  const atWoippy = await woippy.signIn(browser);
  const atMetz = await metz.signIn(browser);
  const page = await browser.open(logoutUrl(woippy));
  expect(page.html).toContain("Vous déconnecter de tous les sites");
  expect(page.headers.get("content-security-policy")).toContain(`form-action 'self' ${woippy.origin}`);
  const back = await browser.submit(page, { logout: "yes" });
  expect(back.url).toBe(`${woippy.origin}/deconnexion/retour?state=abc`);
  for (const [site, tokens, hears] of [
    [woippy, atWoippy, woippyHears],
    [metz, atMetz, metzHears],
  ] as const) {
    expect(hears.tokens).toHaveLength(1);
    const payload = await verified(hears.tokens[0], site);
    expect(payload).toMatchObject({
      sub: tokens.claims()?.sub,
      sid: tokens.claims()?.sid,
      events: { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    expect(payload).not.toHaveProperty("nonce");
    expect(payload.jti).toEqual(expect.any(String));
    await expect(site.refresh(tokens.refresh_token ?? "")).rejects.toMatchObject({ error: "invalid_grant" });
  }
  const again = await browser.open((await woippy.begin({ parameters: { prompt: "none" } })).url);
  expect(again.url).toContain("error=login_required");
});

test("leaving one site leaves the others signed in", async () => {
  const browser = new Browser();
  await woippy.signIn(browser);
  const atMetz = await metz.signIn(browser);
  await browser.submit(await browser.open(logoutUrl(woippy)));
  expect(woippyHears.tokens).toHaveLength(1);
  expect(metzHears.tokens).toHaveLength(0);
  await expect(metz.refresh(atMetz.refresh_token ?? "")).resolves.toBeDefined();
});

test("a site that was down is told later, with a token made then", async () => {
  const browser = new Browser();
  const tokens = await woippy.signIn(browser);
  woippyHears.status = 503;
  const back = await browser.submit(await browser.open(logoutUrl(woippy)), { logout: "yes" });
  expect(back.url).toContain(woippy.origin);
  expect(woippyHears.tokens).toHaveLength(0);
  woippyHears.status = 200;
  expect(await idp.app.logouts.retryDue()).toBe(0);
  await idp.sql.query("update logout_delivery set due_at = now()");
  expect(await idp.app.logouts.retryDue()).toBe(1);
  expect(await verified(woippyHears.tokens[0], woippy)).toMatchObject({ sid: tokens.claims()?.sid });
  expect((await idp.sql.query("select 1 from logout_delivery")).rowCount).toBe(0);
});

test("a site that never hears of a sign-out is shown to the operator, also once nobody tries any more", async () => {
  const browser = new Browser();
  await woippy.signIn(browser);
  woippyHears.status = 503;
  await browser.submit(await browser.open(logoutUrl(woippy)), { logout: "yes" });
  expect(await idp.app.deliveries.failing()).toMatchObject([
    {
      clientId: woippy.entity,
      site: "Ville de Woippy",
      waiting: 1,
      givenUp: 0,
      attempts: 1,
      next: expect.any(Date),
    },
  ]);
  const metrics = async () => (await serviceFetch(`${idp.issuer}/metrics`)).text();
  expect(await metrics()).toMatch(/^idp_logout_deliveries_waiting(?:\{.*\})? 1$/m);
  await idp.sql.query("update logout_delivery set attempts = 23, due_at = now()");
  expect(await idp.app.logouts.retryDue()).toBe(1);
  expect(await idp.app.deliveries.failing()).toMatchObject([{ givenUp: 1, attempts: 24, next: null }]);
  expect((await idp.app.deliveries.failing())[0]?.error).toContain("503");
  expect(await metrics()).toMatch(/^idp_logout_deliveries_waiting(?:\{.*\})? 0$/m);
  expect(await metrics()).toMatch(/^idp_logout_deliveries_total\{.*outcome="abandoned".*\} 1$/m);
  expect(await idp.app.logouts.retryDue()).toBe(0);
  await idp.sql.query("update logout_delivery set abandoned_at = now() - interval '31 days'");
  expect(await idp.app.deliveries.removeAbandoned(100)).toBe(1);
});

test("who is signed in nowhere goes straight back", async () => {
  const back = await new Browser().open(logoutUrl(woippy));
  expect(back.url).toBe(`${woippy.origin}/deconnexion/retour?state=abc`);
});

test("an address that isn't the site's is never gone to", async () => {
  const browser = new Browser();
  await woippy.signIn(browser);
  const page = await browser.open(
    logoutUrl(woippy, { post_logout_redirect_uri: "http://evil.localhost:1/" }),
  );
  expect(page.status).toBe(400);
  expect(page.html).toContain("ne peut pas aboutir");
});

test("signing out needs the form's own token", async () => {
  const browser = new Browser();
  const tokens = await woippy.signIn(browser);
  const page = await browser.open(logoutUrl(woippy));
  const refused = await browser.submit(page, { logout: "yes", xsrf: "guessed" });
  expect(refused.status).toBe(400);
  await expect(woippy.refresh(tokens.refresh_token ?? "")).resolves.toBeDefined();
});
