import { decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Browser } from "../browser.ts";
import { type RunningIdp, startIdp } from "../running-idp.ts";
import { SiteEndpoint } from "../site-endpoint.ts";
import { CertifiedClient } from "./certified-client.ts";

/** What a Back-Channel Logout OP does, from OpenID Connect Back-Channel Logout 1.0. */
const stack = new AsyncDisposableStack();
let idp: RunningIdp;
let hears: SiteEndpoint;
let alsoHears: SiteEndpoint;
let client: CertifiedClient;
let other: CertifiedClient;

beforeAll(async () => {
  idp = stack.use(await startIdp());
  await idp.createAccount("camille@exemple.test");
  hears = stack.use(await new SiteEndpoint().start("essai"));
  alsoHears = stack.use(await new SiteEndpoint().start("autre"));
  client = await CertifiedClient.register(idp, "Essai", { origin: hears.origin });
  other = await CertifiedClient.register(idp, "Autre", { origin: alsoHears.origin });
});
afterAll(() => stack.disposeAsync());
beforeEach(() => {
  for (const site of [hears, alsoHears]) {
    site.tokens.length = 0;
    site.heard.length = 0;
    site.status = 200;
  }
});

async function signOut(browser: Browser): Promise<void> {
  const page = await browser.open(`${idp.issuer}/session/end?client_id=${client.id}`);
  await browser.submit(page, { logout: "yes" });
}

describe("Back-Channel Logout §2.4, a logout token", () => {
  test("says who issued it, for whom, when, once, about which session, and that it is one", async () => {
    const browser = new Browser();
    const { claims } = await client.tokens(browser);
    await signOut(browser);
    const [token = ""] = hears.tokens;
    const said = await client.claimsOf(token, "logout+jwt");
    expect(said).toMatchObject({
      iss: idp.issuer,
      aud: client.id,
      iat: expect.any(Number),
      exp: expect.any(Number),
      jti: expect.any(String),
      sub: claims.sub,
      sid: claims.sid,
      events: { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    expect(said).not.toHaveProperty("nonce");
    expect((said.exp ?? 0) - (said.iat ?? 0)).toBeLessThanOrEqual(120);
  });

  test("is signed as the client's ID tokens are, and says its kind (§2.4, RFC 8725 §3.11)", async () => {
    const browser = new Browser();
    const { idToken } = await client.tokens(browser);
    await signOut(browser);
    const header = decodeProtectedHeader(hears.tokens[0] ?? "");
    expect(header).toMatchObject({ alg: decodeProtectedHeader(idToken).alg, typ: "logout+jwt" });
  });

  test("has nothing of a person but their subject there", async () => {
    const browser = new Browser();
    await client.tokens(browser, { scope: "openid profile email" });
    await signOut(browser);
    const said = await client.claimsOf(hears.tokens[0] ?? "");
    expect(Object.keys(said).sort()).toEqual(["aud", "events", "exp", "iat", "iss", "jti", "sid", "sub"]);
  });
});

describe("Back-Channel Logout §2.5, its sending", () => {
  test("is a POST of a form to each client of the session, each with its own token", async () => {
    const browser = new Browser();
    const here = await client.tokens(browser);
    const there = await other.tokens(browser);
    await signOut(browser);
    expect([hears.heard, alsoHears.heard]).toEqual([
      ["POST application/x-www-form-urlencoded"],
      ["POST application/x-www-form-urlencoded"],
    ]);
    const [mine, theirs] = [
      await client.claimsOf(hears.tokens[0] ?? ""),
      await other.claimsOf(alsoHears.tokens[0] ?? ""),
    ];
    expect([mine.sub, mine.sid]).toEqual([here.claims.sub, here.claims.sid]);
    expect([theirs.sub, theirs.sid]).toEqual([there.claims.sub, there.claims.sid]);
    expect(mine.sid).not.toBe(theirs.sid);
    expect(mine.jti).not.toBe(theirs.jti);
  });

  test("is of this session alone: another browser's goes on, and nobody is told of it", async () => {
    const [browser, elsewhere] = [new Browser(), new Browser()];
    const first = await client.tokens(browser);
    const second = await client.tokens(elsewhere);
    await signOut(browser);
    expect(hears.tokens).toHaveLength(1);
    expect((await client.claimsOf(hears.tokens[0] ?? "")).sid).toBe(first.claims.sid);
    const renewed = await client.token({
      grant_type: "refresh_token",
      refresh_token: second.refresh_token ?? "",
    });
    expect(renewed.status).toBe(200);
  });

  test("ends what the session gave (§2.7): refresh and access tokens are worth nothing", async () => {
    const browser = new Browser();
    const { refresh_token: refresh = "" } = await client.tokens(browser);
    await signOut(browser);
    const renewed = await client.token({ grant_type: "refresh_token", refresh_token: refresh });
    expect(renewed.body.error).toBe("invalid_grant");
  });

  test.each([204, 200])("answered %i is done (§2.8)", async (status) => {
    hears.status = status;
    const browser = new Browser();
    await client.tokens(browser);
    await signOut(browser);
    expect((await idp.sql.query("select 1 from logout_delivery")).rowCount).toBe(0);
  });

  test.each([400, 503])("answered %i comes again, with a new token", async (status) => {
    hears.status = status;
    const browser = new Browser();
    await client.tokens(browser);
    await signOut(browser);
    hears.status = 200;
    await idp.sql.query("update logout_delivery set due_at = now()");
    await idp.app.logouts.retryDue();
    expect(hears.tokens).toHaveLength(1);
    await client.claimsOf(hears.tokens[0] ?? "", "logout+jwt");
  });
});

test("§2.2, a client may register without: then nobody is called", async () => {
  const silent = await CertifiedClient.register(idp, "Silencieux", {
    metadata: { backchannel_logout_uri: undefined, backchannel_logout_session_required: false },
  });
  const browser = new Browser();
  await silent.tokens(browser);
  const page = await browser.open(`${idp.issuer}/session/end?client_id=${silent.id}`);
  await browser.submit(page, { logout: "yes" });
  expect((await idp.sql.query("select 1 from logout_delivery")).rowCount).toBe(0);
});
