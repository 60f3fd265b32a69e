import { serviceFetch } from "@interco/platform/http-client";
import { exportJWK, generateKeyPair } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Browser } from "./browser.ts";
import { type RunningIdp, startIdp, statementsOf } from "./running-idp.ts";
import { siteMetadata } from "./site-metadata.ts";
import { registerSite, TestSite } from "./test-site.ts";

let idp: RunningIdp;
let woippy: TestSite;
let metz: TestSite;

beforeAll(async () => {
  idp = await startIdp();
  await idp.createAccount("camille@exemple.test");
  [woippy, metz] = await Promise.all([TestSite.register(idp, "Woippy"), TestSite.register(idp, "Metz")]);
});
afterAll(() => idp?.close());

/** What the site hears back: the error's name, when it pushes its request or from the query of its redirect address. */
async function refusalOf(change: (url: URL) => void, browser = new Browser()): Promise<string | null> {
  const url = new URL((await woippy.begin({ unpushed: true })).url);
  change(url);
  try {
    const page = await browser.open(await woippy.push(url.href));
    return page.url.startsWith(woippy.origin) ? new URL(page.url).searchParams.get("error") : null;
  } catch (error) {
    return (error as { error?: string }).error ?? null;
  }
}

describe("authorization requests", () => {
  test("without PKCE is refused, though the client is confidential", async () => {
    const error = await refusalOf((url) => {
      url.searchParams.delete("code_challenge");
      url.searchParams.delete("code_challenge_method");
    });
    expect(error).toBe("invalid_request");
  });

  test("with the method plain is refused", async () => {
    expect(await refusalOf((url) => url.searchParams.set("code_challenge_method", "plain"))).toBe(
      "invalid_request",
    );
  });

  test.each(["token", "id_token", "code id_token"])(
    "for response type %s is refused: code flow only",
    async (type) => {
      expect(await refusalOf((url) => url.searchParams.set("response_type", type))).toBe(
        "unsupported_response_type",
      );
    },
  );

  test.each([
    ["another path", (uri: string) => `${uri}/`],
    ["another host", (uri: string) => uri.replace("woippy", "woippy.evil")],
    ["user information", (uri: string) => uri.replace("http://", "http://woippy.localhost@")],
    ["a query", (uri: string) => `${uri}?a=b`],
    ["another case", (uri: string) => uri.replace("retour", "Retour")],
  ])("with a redirect address of %s shows a page and goes nowhere", async (_name, change) => {
    const url = new URL((await woippy.begin({ unpushed: true })).url);
    url.searchParams.set("redirect_uri", change(url.searchParams.get("redirect_uri") ?? ""));
    const page = await new Browser().open(url.href);
    expect(page.status).toBe(400);
    expect(page.html).toContain("ne peut pas aboutir");
    expect(page.html).not.toContain("redirect_uri");
  });

  test("of an unknown client show a page that quotes nothing of what was sent", async () => {
    const page = await new Browser().open(`${idp.issuer}/auth?client_id=%3Cscript%3E&state=secret-state`);
    expect(page.status).toBe(400);
    expect(page.html).not.toMatch(/script&gt;|secret-state|invalid_client/);
  });
});

describe("a code", () => {
  test("used twice is refused, and what it gave is revoked", async () => {
    const browser = new Browser();
    const begun = await woippy.begin();
    await woippy.signIn(browser);
    const page = await browser.open(begun.url);
    const tokens = await woippy.complete(page.url, begun);
    await expect(woippy.complete(page.url, begun)).rejects.toMatchObject({ error: "invalid_grant" });
    await expect(woippy.refresh(tokens.refresh_token ?? "")).rejects.toMatchObject({
      error: "invalid_grant",
    });
  });

  test("sent twenty times at once gives tokens at most once", async () => {
    const browser = new Browser();
    await woippy.signIn(browser);
    const begun = await woippy.begin();
    const page = await browser.open(begun.url);
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, () => woippy.complete(page.url, begun)),
    );
    expect(answers.filter((answer) => answer.status === "fulfilled").length).toBeLessThanOrEqual(1);
    const { rows } = await idp.sql.query(
      `select count(*)::int as left from artifact where kind = 'RefreshToken'
       and grant_key is not null and not exists (select 1 from artifact g where g.id = artifact.grant_key)`,
    );
    expect(rows[0].left).toBe(0);
  });

  test("with another verifier is refused", async () => {
    const browser = new Browser();
    const begun = await woippy.begin();
    await woippy.signIn(browser);
    const page = await browser.open(begun.url);
    const other = (await woippy.begin()).verifier;
    await expect(woippy.complete(page.url, { ...begun, verifier: other })).rejects.toMatchObject({
      error: "invalid_grant",
    });
  });

  test("refused once is looked up the next time, and good still", async () => {
    const browser = new Browser();
    await woippy.signIn(browser);
    const begun = await woippy.begin({ parameters: { prompt: "none" } });
    const page = await browser.open(begun.url);
    const other = (await woippy.begin()).verifier;
    await expect(woippy.complete(page.url, { ...begun, verifier: other })).rejects.toMatchObject({
      error: "invalid_grant",
    });
    const asked = await statementsOf(() => woippy.complete(page.url, begun));
    expect(asked).toContain("artifact-find-token");
  });

  test.each([
    ["session ended", "delete from artifact where kind = 'Session'"],
    ["session ran out", "update artifact set expires_at = now() where kind = 'Session'"],
    ["grant was revoked", "delete from artifact where kind = 'Grant'"],
    ["account went", "delete from account where email = 'gone@exemple.test'"],
  ])("gives nothing where the %s in between, in another process", async (_name, meanwhile) => {
    await idp.createAccount("gone@exemple.test");
    const browser = new Browser();
    await woippy.signIn(browser, { email: "gone@exemple.test" });
    const begun = await woippy.begin({ parameters: { prompt: "none" } });
    const page = await browser.open(begun.url);
    await idp.sql.query(meanwhile);
    await expect(woippy.complete(page.url, begun)).rejects.toMatchObject({ error: "invalid_grant" });
    const { rowCount } = await idp.sql.query(
      "select 1 from artifact where kind in ('RefreshToken', 'AccessToken') and payload->>'nonce' = $1",
      [begun.nonce],
    );
    expect(rowCount).toBe(0);
  });

  test("of one site is worth nothing to another", async () => {
    const browser = new Browser();
    await woippy.signIn(browser);
    const begun = await woippy.begin();
    const page = await browser.open(begun.url);
    const stolen = page.url.replace(woippy.origin, metz.origin);
    await expect(metz.complete(stolen, begun)).rejects.toMatchObject({ error: "invalid_grant" });
  });
});

describe("silent sign-in", () => {
  test("says login_required to who is not signed in", async () => {
    expect(await refusalOf((url) => url.searchParams.set("prompt", "none"))).toBe("login_required");
  });

  test("takes four statements over its three requests", async () => {
    const browser = new Browser();
    await woippy.signIn(browser);
    await metz.signIn(browser, { parameters: { prompt: "none" } });
    const asked = await statementsOf(() => metz.signIn(browser, { parameters: { prompt: "none" } }));
    const kinds = asked.map((name) => name.replace(/^(artifact-apply)-.*/, "$1"));
    expect(kinds).toEqual(["artifact-apply", "artifact-find-session", "artifact-apply", "artifact-apply"]);
  });
});

describe("registration", () => {
  const metadata = async (more: Record<string, unknown> = {}) => {
    const { publicKey } = await generateKeyPair("ES256", { extractable: true });
    return siteMetadata(
      "Marly",
      "marlymarly12",
      "http://marly.localhost:1",
      await exportJWK(publicKey),
      more,
    );
  };

  test("needs the initial access token", async () => {
    expect((await registerSite(idp, await metadata(), "x".repeat(40))).status).toBe(401);
  });

  test("again keeps the client's id and takes the new values", async () => {
    const first = await (await registerSite(idp, await metadata())).json();
    const second = await (await registerSite(idp, await metadata({ entity_name: "Marly-la-Neuve" }))).json();
    expect(second).toMatchObject({
      client_id: (first as { client_id: string }).client_id,
      entity_name: "Marly-la-Neuve",
    });
  });

  test.each([
    ["a secret", { token_endpoint_auth_method: "client_secret_basic" }],
    ["no key", { jwks: undefined }],
    ["an address elsewhere", { redirect_uris: ["http://evil.localhost:1/connexion/retour"] }],
    ["a logout address elsewhere", { backchannel_logout_uri: "http://evil.localhost:1/" }],
    ["no entity", { entity: undefined }],
    ["a malformed entity", { entity: "Marly!" }],
    ["a public subject", { subject_type: "public" }],
    ["another sector", { sector_identifier_uri: "http://marly.localhost:1/sector.json" }],
    ["keys to be fetched", { jwks: undefined, jwks_uri: "http://marly.localhost:1/keys" }],
    ["a native application", { application_type: "native" }],
    ["no pushed requests", { require_pushed_authorization_requests: false }],
    ["no PKCE", { require_pkce: false }],
    ["the implicit flow", { response_types: ["id_token"] }],
  ])("with %s is refused", async (_name, more) => {
    const response = await registerSite(idp, await metadata(more));
    expect(response.status).toBe(400);
  });
});

test("another host is never answered: addresses in answers are made from it", async () => {
  const { hostname, port } = new URL(idp.issuer);
  const response = await serviceFetch(`http://evil.localhost:${port}/.well-known/openid-configuration`);
  expect(hostname).not.toBe("evil.localhost");
  expect(response.status).toBe(421);
});

test("the operator's interface needs the operator's token", async () => {
  const response = await serviceFetch(`${idp.issuer}/operator/clients`, {
    headers: { authorization: "Bearer no" },
  });
  expect(response.status).toBe(401);
});
