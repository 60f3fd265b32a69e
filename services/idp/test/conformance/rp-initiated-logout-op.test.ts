import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Browser, type Page } from "../browser.ts";
import { type RunningIdp, startIdp } from "../running-idp.ts";
import { CertifiedClient } from "./certified-client.ts";

/** What an RP-Initiated Logout OP does, from OpenID Connect RP-Initiated Logout 1.0. */
let idp: RunningIdp;
let client: CertifiedClient;
let other: CertifiedClient;

beforeAll(async () => {
  idp = await startIdp();
  await idp.createAccount("camille@exemple.test");
  [client, other] = await Promise.all([
    CertifiedClient.register(idp, "Essai"),
    CertifiedClient.register(idp, "Autre"),
  ]);
});
afterAll(() => idp?.close());

const after = () => `${client.site.origin}/deconnexion/retour`;
const logout = (parameters: Record<string, string>) =>
  `${idp.issuer}/session/end?${new URLSearchParams(parameters)}`;
const confirm = (browser: Browser, page: Page) => browser.submit(page, { logout: "yes" });
const isSignedIn = async (browser: Browser) =>
  !(await browser.open(client.request({ prompt: "none" }))).url.includes("error=login_required");

describe("RP-Initiated Logout §2, a request to sign out", () => {
  test("asks the person, ends the session, and returns with the state", async () => {
    const browser = new Browser();
    const { idToken } = await client.tokens(browser);
    const page = await browser.open(
      logout({ id_token_hint: idToken, post_logout_redirect_uri: after(), state: "back" }),
    );
    expect(page.html).toContain("Vous déconnecter");
    expect(await isSignedIn(browser)).toBe(true);
    const again = await browser.open(
      logout({ id_token_hint: idToken, post_logout_redirect_uri: after(), state: "back" }),
    );
    const done = await confirm(browser, again);
    expect(done.url).toBe(`${after()}?state=back`);
    expect(await isSignedIn(browser)).toBe(false);
  });

  test("may come by POST", async () => {
    const browser = new Browser();
    const { idToken } = await client.tokens(browser);
    const page = await browser.open(`${idp.issuer}/session/end`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({
        id_token_hint: idToken,
        post_logout_redirect_uri: after(),
        state: "posted",
      }).toString(),
    });
    expect((await confirm(browser, page)).url).toBe(`${after()}?state=posted`);
  });

  test("without a state returns without one", async () => {
    const browser = new Browser();
    const { idToken } = await client.tokens(browser);
    const page = await browser.open(logout({ id_token_hint: idToken, post_logout_redirect_uri: after() }));
    expect((await confirm(browser, page)).url).toBe(after());
  });

  test("may name its client instead of an ID token", async () => {
    const browser = new Browser();
    await client.tokens(browser);
    const page = await browser.open(logout({ client_id: client.id, post_logout_redirect_uri: after() }));
    expect((await confirm(browser, page)).url).toBe(after());
  });

  test("takes an ID token that has expired: the session may be older", async () => {
    const browser = new Browser();
    const { SignJWT } = await import("jose");
    const { idToken, claims } = await client.tokens(browser);
    expect(idToken).toEqual(expect.any(String));
    const { openKeys } = await import("../../src/keys/signing-key.ts");
    const { SigningKeyRepository } = await import("../../src/keys/signing-key-repository.ts");
    const { deriveKeys } = await import("../../src/config.ts");
    const { importJWK } = await import("jose");
    const { tokens } = openKeys(
      await new SigningKeyRepository(idp.sql).list(),
      deriveKeys(idp.config).sealing,
    );
    const key = tokens.find(({ alg }) => alg === "RS256") ?? {};
    const old = await new SignJWT({ ...claims, iat: 1, exp: 2 })
      .setProtectedHeader({ alg: "RS256", kid: key.kid ?? "" })
      .sign(await importJWK(key, "RS256"));
    const page = await browser.open(logout({ id_token_hint: old, post_logout_redirect_uri: after() }));
    expect((await confirm(browser, page)).url).toBe(after());
  });

  test.each([
    [
      "of another client than it names",
      async () => ({ id_token_hint: (await other.tokens(new Browser())).idToken, client_id: client.id }),
    ],
    ["that isn't one", async () => ({ id_token_hint: "not.a.token" })],
    ["signed by somebody else", async () => ({ id_token_hint: await altered() })],
  ])("with an ID token %s is refused (§4)", async (_name, hint) => {
    const browser = new Browser();
    await client.tokens(browser);
    const page = await browser.open(logout({ ...(await hint()), post_logout_redirect_uri: after() }));
    expect([page.status, page.headers.get("location")]).toEqual([400, null]);
    expect(await isSignedIn(browser)).toBe(true);
  });

  async function altered(): Promise<string> {
    const { idToken } = await client.tokens(new Browser());
    const [header, payload, signature = ""] = idToken.split(".");
    return `${header}.${payload}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
  }

  test("without anything signs out, and says so in a page", async () => {
    const browser = new Browser();
    await client.tokens(browser);
    const done = await confirm(browser, await browser.open(logout({})));
    expect(done.html).toContain("Vous êtes déconnecté");
    expect(await isSignedIn(browser)).toBe(false);
  });

  test("takes logout_hint and ui_locales (§2)", async () => {
    const browser = new Browser();
    await client.tokens(browser);
    const page = await browser.open(
      logout({ client_id: client.id, logout_hint: "camille@exemple.test", ui_locales: "en" }),
    );
    expect(page.html).toContain('<html lang="en"');
  });
});

describe("RP-Initiated Logout §3, where one comes to after", () => {
  test.each([
    [
      "an address that isn't registered",
      () => ({ client_id: client.id, post_logout_redirect_uri: "https://evil.example/" }),
    ],
    ["another client's address", () => ({ client_id: other.id, post_logout_redirect_uri: after() })],
    [
      "a registered one with a query more",
      () => ({ client_id: client.id, post_logout_redirect_uri: `${after()}?x=y` }),
    ],
  ])("is never %s", async (_name, parameters) => {
    const browser = new Browser();
    await client.tokens(browser);
    const page = await browser.open(logout(parameters()));
    expect([page.status, page.headers.get("location")]).toEqual([400, null]);
    expect(page.html).not.toContain("evil");
  });

  test("is a page here where nobody says whose address it is", async () => {
    const browser = new Browser();
    await client.tokens(browser);
    const page = await browser.open(logout({ post_logout_redirect_uri: after(), state: "x" }));
    const done = await confirm(browser, page);
    expect(done.url.startsWith(idp.issuer)).toBe(true);
  });
});
