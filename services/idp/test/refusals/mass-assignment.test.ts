import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Browser } from "../browser.ts";
import { behindProxy, PASSWORD, type RunningIdp, startIdp } from "../running-idp.ts";
import { siteMetadata } from "../site-metadata.ts";
import { registerSite, TestSite } from "../test-site.ts";
import { refused } from "./refused.ts";

/** What a form or a registration says beyond what is asked changes nothing (ASVS 5, V15.3.3; RFC 7591 §2, RFC 7592 §2.2). */
let idp: RunningIdp;
let woippy: TestSite;
let metz: TestSite;

beforeAll(async () => {
  idp = await startIdp();
  [woippy, metz] = await Promise.all([TestSite.register(idp, "Woippy"), TestSite.register(idp, "Metz")]);
});
afterAll(() => idp?.close());

const metadataOf = (site: TestSite, more: object = {}) =>
  siteMetadata("Woippy", site.entity, site.origin, site.key.jwk, more as Record<string, unknown>);

/** RFC 7592, by the token the registration gave. */
async function manage(site: TestSite, method: string, body?: object, token?: string) {
  const response = await behindProxy(site.registered.registration_client_uri, {
    method,
    headers: {
      authorization: `Bearer ${token ?? site.registered.registration_access_token}`,
      ...(body ? { "content-type": "application/json" } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  return { status: response.status, body: text ? (JSON.parse(text) as Record<string, unknown>) : {} };
}

describe("a registration", () => {
  test("names neither its id, its secret nor its time, and what nobody knows isn't kept", async () => {
    const response = await registerSite(
      idp,
      metadataOf(woippy, {
        client_id: metz.entity,
        client_secret: "chosen",
        client_id_issued_at: 1,
        registration_access_token: "chosen",
        is_admin: true,
        noManage: true,
        __proto__: { polluted: true },
        constructor: "x",
      }),
    );
    const registered = (await response.json()) as Record<string, unknown>;
    expect(registered.client_id).toBe(woippy.entity);
    expect(registered).not.toHaveProperty("client_secret");
    expect(registered.client_id_issued_at).toBeGreaterThan(1);
    expect(registered.registration_access_token).not.toBe("chosen");
    const { rows } = await idp.sql.query<{ metadata: object }>(
      "select metadata from client where client_id = $1",
      [woippy.entity],
    );
    for (const name of ["is_admin", "noManage", "client_secret", "polluted", "registration_access_token"])
      expect(rows[0]?.metadata).not.toHaveProperty(name);
    expect(Object.keys(rows[0]?.metadata ?? {})).not.toContain("constructor");
    Object.assign(woippy.registered, registered);
  });

  test.each([
    ["a client without PKCE", { require_pkce: false }],
    ["a client without pushed requests", { require_pushed_authorization_requests: false }],
    ["a client with a secret", { token_endpoint_auth_method: "client_secret_basic" }],
    ["a client without a proof", { token_endpoint_auth_method: "none" }],
    ["the implicit grant", { grant_types: ["implicit"], response_types: ["token"] }],
    ["the password grant", { grant_types: ["password"] }],
    ["an ID token without signature", { id_token_signed_response_alg: "none" }],
    ["an ID token signed with a secret", { id_token_signed_response_alg: "HS256" }],
    ["scopes nobody offers", { scope: "openid admin" }],
    ["a partner that needs an agent's id", { entity_kind: "partner", purpose: "x", scope: "openid agent" }],
    ["a partner that asks nobody", { entity_kind: "partner", purpose: "x", consent: "extra" }],
    ["a partner that says no purpose", { entity_kind: "partner" }],
    ["a kind nobody knows", { entity_kind: "administrator" }],
    ["a redirect elsewhere", { redirect_uris: ["http://evil.example/connexion/retour"] }],
    ["a redirect to a script", { redirect_uris: ["javascript:alert(1)"] }],
    [
      "more addresses than anybody has",
      { redirect_uris: Array.from({ length: 11 }, (_, n) => `http://woippy.localhost:1/${n}`) },
    ],
    ["an address longer than any", { redirect_uris: [`http://woippy.localhost:1/${"a".repeat(600)}`] }],
  ])("can't make %s", async (_name, more) => {
    const { result } = await refused(idp, { event: "registration_create.error" }, () =>
      registerSite(idp, metadataOf(woippy, more)),
    );
    expect(result.status).toBe(400);
  });
});

describe("who registered a client", () => {
  test("reads it, changes it and removes it by the token it was given, which is stored as a hash", async () => {
    const site = await TestSite.register(idp, "Marly");
    const { registration_access_token: token } = site.registered;
    const read = await manage(site, "GET");
    expect(read).toMatchObject({
      status: 200,
      body: { client_id: site.entity, entity_name: "Ville de Marly" },
    });
    const { rows } = await idp.sql.query<{ line: string }>("select client::text as line from client");
    expect(rows.map(({ line }) => line).join()).not.toContain(token);

    const metadata = siteMetadata("Marly", site.entity, site.origin, site.key.jwk);
    const changed = await manage(site, "PUT", {
      ...metadata,
      client_id: site.entity,
      entity_name: "Ville de Marly-la-Neuve",
    });
    expect(changed).toMatchObject({ status: 200, body: { entity_name: "Ville de Marly-la-Neuve" } });
    await idp.journalLine({ kind: "site_changed", client_id: site.entity });
    expect((await new Browser().open((await site.begin()).url)).html).toContain("Marly-la-Neuve");

    expect((await manage(site, "DELETE")).status).toBe(204);
    await idp.journalLine({ kind: "site_removed", client_id: site.entity });
    expect((await manage(site, "GET")).status).toBe(401);
    await expect(site.begin()).rejects.toMatchObject({ error: "invalid_client" });
  });

  test("can't do so by another client's token, nor by a former one, nor by the initial access token", async () => {
    const former = woippy.registered.registration_access_token;
    const again = (await (await registerSite(idp, metadataOf(woippy))).json()) as {
      registration_access_token: string;
    };
    for (const token of [
      metz.registered.registration_access_token,
      former,
      idp.config.secrets.initialAccessToken,
      "guessed",
    ]) {
      const { result } = await refused(idp, { event: "registration_read.error" }, () =>
        manage(woippy, "GET", undefined, token),
      );
      expect(result.status).toBe(401);
    }
    woippy.registered.registration_access_token = again.registration_access_token;
    expect((await manage(woippy, "GET")).status).toBe(200);
  });

  test("can't take another entity's place: its people would be known", async () => {
    for (const more of [
      { entity: metz.entity },
      { client_id: metz.entity },
      { client_id: metz.entity, entity: metz.entity },
    ]) {
      const { result } = await refused(idp, { event: "registration_update.error" }, () =>
        manage(woippy, "PUT", { ...metadataOf(woippy), client_id: woippy.entity, ...more }),
      );
      expect(result.status).toBe(400);
    }
    const { rows } = await idp.sql.query("select 1 from client where client_id <> entity");
    expect(rows).toEqual([]);
  });
});

test("a certification client's secret is stored sealed", async () => {
  const site = await TestSite.register(idp, "Essai", {
    metadata: { entity_kind: "certification", token_endpoint_auth_method: "client_secret_basic" },
  });
  const { rows } = await idp.sql.query<{ line: string }>("select client::text as line from client");
  expect(site.registered.client_secret).toEqual(expect.any(String));
  expect(rows.map(({ line }) => line).join()).not.toContain(site.registered.client_secret);
});

describe("a form", () => {
  test("of sign-in takes neither an account nor a session beside what it asks for", async () => {
    const { accountId } = await idp.createAccount("autre@exemple.test");
    await idp.createAccount("camille@exemple.test");
    const browser = new Browser();
    const begun = await woippy.begin();
    const page = await browser.submit(await browser.open(begun.url), {
      email: "camille@exemple.test",
      password: PASSWORD,
      action: "connecter",
      accountId,
      "login[accountId]": accountId,
      acr: "https://refeds.org/profile/mfa",
      kind: "professional",
      remember: "true",
    });
    const claims = (await woippy.complete(page.url, begun)).claims();
    expect(claims).toMatchObject({ email: "camille@exemple.test", account_kind: "personal" });
    expect(claims?.acr).not.toBe("https://refeds.org/profile/mfa");
  });

  test("of registration makes no professional account, nor one with a verified address", async () => {
    const browser = new Browser();
    const page = await browser.open(`${idp.issuer}/inscription`);
    await browser.submit(page, {
      email: "nouvelle@exemple.test",
      givenName: "Dominique",
      familyName: "Fictif",
      password: "quatre mots sans suite logique",
      action: "creer",
      kind: "professional",
      agentId: "00000000-0000-7000-8000-000000000000",
      emailVerified: "true",
      id: "00000000-0000-7000-8000-000000000000",
    });
    const { rows } = await idp.sql.query("select 1 from account where email = 'nouvelle@exemple.test'");
    expect(rows).toEqual([]);
  });
});
