import { decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Browser } from "../browser.ts";
import { behindProxy, type RunningIdp, startIdp } from "../running-idp.ts";
import { CertifiedClient, pkce } from "./certified-client.ts";

/** What a Basic OP does, from OpenID Connect Core 1.0 (sections named) and the OAuth texts it builds on. */
let idp: RunningIdp;
let client: CertifiedClient;

beforeAll(async () => {
  idp = await startIdp();
  await idp.createAccount("camille@exemple.test");
  client = await CertifiedClient.register(idp, "Essai");
});
afterAll(() => idp?.close());

const userinfo = async (init: RequestInit) => {
  const response = await behindProxy(`${idp.issuer}/me`, init);
  const text = await response.text();
  return { response, claims: (text.startsWith("{") ? JSON.parse(text) : {}) as Record<string, unknown> };
};
const bearer = (token: string | undefined) => ({ headers: { authorization: `Bearer ${token}` } });
/** As if somebody had signed in so many seconds ago. */
const signedInAgo = (seconds: number) =>
  idp.sql.query(
    `update artifact set payload = jsonb_set(payload, '{loginTs}', to_jsonb(extract(epoch from now())::bigint - $1::bigint))
     where kind = 'Session' and account_id is not null`,
    [seconds],
  );

describe("Core §3.1.2.1, an authorization request", () => {
  test("by GET is answered with a code and the state as it was", async () => {
    const answer = client.answerOf(await client.authorize(new Browser(), { state: "éàü &=?#+ \"'<>" }));
    expect(answer).toMatchObject({ state: "éàü &=?#+ \"'<>", code: expect.any(String), iss: idp.issuer });
  });

  test("by POST too", async () => {
    const browser = new Browser();
    const { searchParams } = new URL(client.request());
    const form = await browser.open(`${idp.issuer}/auth`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: searchParams.toString(),
    });
    expect(client.answerOf(await client.signIn(browser, form)).code).toEqual(expect.any(String));
  });

  test("without response_type is an invalid_request", async () => {
    const page = await new Browser().open(client.request({ response_type: null }));
    expect(client.answerOf(page)).toMatchObject({ error: "invalid_request", state: "a-state" });
  });

  test("with a response type that isn't offered is refused", async () => {
    const page = await new Browser().open(client.request({ response_type: "id_token" }));
    expect(page.url).toContain("error=unsupported_response_type");
  });

  test("whose redirect address isn't registered leads nowhere", async () => {
    const page = await new Browser().open(client.request({ redirect_uri: `${client.redirectUri}/x` }));
    expect([page.status, page.headers.get("location")]).toEqual([400, null]);
  });

  test("without a state gets none", async () => {
    expect(client.answerOf(await client.authorize(new Browser(), { state: null }))).not.toHaveProperty(
      "state",
    );
  });

  test("without a nonce is good in the code flow, and the ID token has none", async () => {
    expect((await client.tokens(new Browser(), { nonce: null })).claims).not.toHaveProperty("nonce");
  });

  test("with scopes and parameters nobody knows is answered as if they weren't there", async () => {
    const { claims } = await client.tokens(new Browser(), {
      scope: "openid unheard-of phone",
      extra: "foobar",
    });
    expect(claims.sub).toEqual(expect.any(String));
  });

  test.each(["page", "popup"])("with display=%s is answered", async (display) => {
    expect(client.answerOf(await client.authorize(new Browser(), { display })).code).toBeDefined();
  });

  test("with ui_locales speaks that language, with claims_locales and acr_values that can't be met goes on", async () => {
    const form = await new Browser().open(client.request({ ui_locales: "en fr" }));
    expect(form.html).toContain('<html lang="en"');
    const more = { ui_locales: "se", claims_locales: "se", acr_values: "1 2" };
    expect((await client.tokens(new Browser(), more)).claims.sub).toEqual(expect.any(String));
  });

  test("with login_hint fills the address in", async () => {
    const form = await new Browser().open(client.request({ login_hint: "dominique@exemple.test" }));
    expect(form.html).toContain('value="dominique@exemple.test"');
  });

  test("with prompt=login asks again, and says the later time", async () => {
    const browser = new Browser();
    const first = await client.tokens(browser);
    await signedInAgo(100);
    const form = await browser.open(client.request({ prompt: "login" }));
    expect(form.html).toContain('name="password"');
    const { code } = client.answerOf(await client.signIn(browser, form));
    const { body } = await client.exchange(code);
    const claims = await client.claimsOf(body.id_token ?? "");
    expect(claims.sub).toBe(first.claims.sub);
    expect(Math.abs(Number(claims.auth_time) - Date.now() / 1000)).toBeLessThan(60);
  });

  test("with prompt=none and nobody signed in is login_required (§3.1.2.6)", async () => {
    const page = await new Browser().open(client.request({ prompt: "none" }));
    expect(client.answerOf(page)).toMatchObject({
      error: "login_required",
      state: "a-state",
      iss: idp.issuer,
    });
  });

  test("with prompt=none beside another value is refused", async () => {
    const page = await new Browser().open(client.request({ prompt: "none login" }));
    expect(client.answerOf(page)).toMatchObject({ error: "invalid_request" });
  });

  test("with prompt=none and somebody signed in shows nothing", async () => {
    const browser = new Browser();
    const first = await client.tokens(browser);
    const answer = client.answerOf(await browser.open(client.request({ prompt: "none" })));
    const { body } = await client.exchange(answer.code);
    expect((await client.claimsOf(body.id_token ?? "")).sub).toBe(first.claims.sub);
  });

  test("with max_age asks again once that is over, and the ID token has auth_time", async () => {
    const browser = new Browser();
    await client.tokens(browser);
    await signedInAgo(100);
    const silent = await browser.open(client.request({ max_age: "50", prompt: "none" }));
    expect(client.answerOf(silent)).toMatchObject({ error: "login_required" });
    const form = await browser.open(client.request({ max_age: "50" }));
    expect(form.html).toContain('name="password"');
    const { code } = client.answerOf(await client.signIn(browser, form));
    const claims = await client.claimsOf((await client.exchange(code)).body.id_token ?? "");
    expect(Math.abs(Number(claims.auth_time) - Date.now() / 1000)).toBeLessThan(50);
  });

  test("with max_age that isn't over asks nobody, and says when they signed in", async () => {
    const browser = new Browser();
    await client.tokens(browser);
    await signedInAgo(100);
    const { claims } = await client.tokens(browser, { max_age: "10000", prompt: "none" });
    expect(Date.now() / 1000 - Number(claims.auth_time)).toBeGreaterThan(90);
  });

  test.each(["-1", "1.5", "soon"])("with max_age=%s is refused", async (max_age) => {
    const page = await new Browser().open(client.request({ max_age }));
    expect(client.answerOf(page)).toMatchObject({ error: "invalid_request" });
  });

  test("with an ID token as hint answers for that person, and for nobody else", async () => {
    const browser = new Browser();
    const { idToken } = await client.tokens(browser);
    const hinted = client.request({ prompt: "none", id_token_hint: idToken });
    expect(client.answerOf(await browser.open(hinted)).code).toBeDefined();
    expect(client.answerOf(await new Browser().open(hinted))).toMatchObject({ error: "login_required" });
  });
});

describe("Core §6 and §7.2.1, what isn't offered", () => {
  test.each([
    ["request", "e30.e30.", "request_not_supported"],
    ["request_uri", "https://essai.example/request.jwt", "request_uri_not_supported"],
    ["registration", "{}", "registration_not_supported"],
  ])("%s is refused by name", async (parameter, value, error) => {
    const page = await new Browser().open(client.request({ [parameter]: value }));
    expect(page.url).toContain(`error=${error}`);
  });
});

describe("Core §2 and §3.1.3.6, an ID token", () => {
  test("says who issued it, for whom, about whom, when, until when and in answer to what", async () => {
    const before = Math.floor(Date.now() / 1000);
    const { idToken, claims } = await client.tokens(new Browser(), { nonce: "this-very-nonce" });
    expect(claims).toMatchObject({ iss: idp.issuer, aud: client.id, nonce: "this-very-nonce" });
    expect(claims.sub).toMatch(/^[\x21-\x7e]{1,255}$/);
    expect(claims.iat).toBeGreaterThanOrEqual(before - 5);
    expect(claims.exp).toBeGreaterThan(claims.iat ?? 0);
    expect(decodeProtectedHeader(idToken)).toMatchObject({ alg: "RS256", kid: expect.any(String) });
  });

  test("is signed as the client registered it (§15.1: RS256 for all, here ES256 too)", async () => {
    const other = await CertifiedClient.register(idp, "Autre", {
      metadata: { id_token_signed_response_alg: "ES256" },
    });
    const { idToken } = await other.tokens(new Browser());
    expect(decodeProtectedHeader(idToken).alg).toBe("ES256");
  });

  test("knows a person by the same subject each time, and by another at another client (§8.1)", async () => {
    const other = await CertifiedClient.register(idp, "Ailleurs");
    const [first, again] = [await client.tokens(new Browser()), await client.tokens(new Browser())];
    expect(again.claims.sub).toBe(first.claims.sub);
    expect((await other.tokens(new Browser())).claims.sub).not.toBe(first.claims.sub);
  });
});

describe("Core §3.1.3, the token endpoint", () => {
  test("answers a code with a bearer token, an ID token, and that nobody may keep them (§3.1.3.3)", async () => {
    const { code } = client.answerOf(await client.authorize(new Browser()));
    const { status, headers, body } = await client.exchange(code);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      token_type: expect.stringMatching(/^bearer$/i),
      access_token: expect.any(String),
    });
    expect(headers.get("content-type")).toMatch(/^application\/json/);
    expect(headers.get("cache-control")).toContain("no-store");
  });

  test("takes a secret in the form from a client that registered so (§9, client_secret_post), and no other", async () => {
    const posting = await CertifiedClient.register(idp, "Poste", {
      metadata: { token_endpoint_auth_method: "client_secret_post" },
    });
    const { code } = posting.answerOf(await posting.authorize(new Browser()));
    const form = {
      grant_type: "authorization_code",
      code: code ?? "",
      redirect_uri: posting.redirectUri,
      client_id: posting.id,
      client_secret: posting.site.registered.client_secret ?? "",
    };
    expect((await posting.token({ ...form, client_secret: "guessed" }, {})).body.error).toBe(
      "invalid_client",
    );
    expect((await posting.token(form, {})).body.id_token).toEqual(expect.any(String));
  });

  test("refuses a wrong secret with 401 and says how to prove oneself (RFC 6749 §5.2)", async () => {
    const { code } = client.answerOf(await client.authorize(new Browser()));
    const { status, headers, body } = await client.token(
      { grant_type: "authorization_code", code: code ?? "", redirect_uri: client.redirectUri },
      client.basic("guessed"),
    );
    expect([status, body.error]).toEqual([401, "invalid_client"]);
    expect(headers.get("www-authenticate")).toMatch(/^Basic /);
  });

  test("takes a code once, and takes back what it gave (§3.1.3.2, RFC 6749 §4.1.2)", async () => {
    const { code } = client.answerOf(await client.authorize(new Browser()));
    const { body } = await client.exchange(code);
    expect((await userinfo(bearer(body.access_token))).response.status).toBe(200);
    expect((await client.exchange(code)).body.error).toBe("invalid_grant");
    expect((await userinfo(bearer(body.access_token))).response.status).toBe(401);
  });

  test("wants the redirect address of the request (§3.1.3.2)", async () => {
    const { code } = client.answerOf(await client.authorize(new Browser()));
    expect((await client.exchange(code, { redirect_uri: `${client.redirectUri}x` })).body.error).toBe(
      "invalid_grant",
    );
  });

  test("wants the verifier of a challenge that was given, though none is required (RFC 7636 §4.6)", async () => {
    const { verifier, challenge } = pkce();
    const parameters = { code_challenge: challenge, code_challenge_method: "S256" };
    const browser = new Browser();
    const first = client.answerOf(await client.authorize(browser, parameters));
    expect((await client.exchange(first.code)).body.error).toBe("invalid_grant");
    const second = client.answerOf(await client.authorize(browser, parameters));
    expect((await client.exchange(second.code, { code_verifier: verifier })).status).toBe(200);
  });

  test("knows no grant but its own (RFC 6749 §5.2)", async () => {
    expect((await client.token({ grant_type: "password", username: "x", password: "y" })).body.error).toBe(
      "unsupported_grant_type",
    );
    expect((await client.token({ grant_type: "client_credentials" })).body.error).toBe(
      "unsupported_grant_type",
    );
  });
});

describe("Core §5.3 and §5.4, userinfo", () => {
  test("answers a token in the header, by GET and by POST, and in a form (RFC 6750 §2)", async () => {
    const { access_token: token = "", claims } = await client.tokens(new Browser());
    const asForm = { "content-type": "application/x-www-form-urlencoded" };
    for (const init of [
      bearer(token),
      { method: "POST", ...bearer(token) },
      { method: "POST", headers: asForm, body: new URLSearchParams({ access_token: token }).toString() },
    ]) {
      const { response, claims: said } = await userinfo(init);
      expect(response.headers.get("content-type")).toMatch(/^application\/json/);
      expect(said.sub).toBe(claims.sub);
    }
  });

  test.each([
    ["openid", ["sub"]],
    ["openid profile", ["account_kind", "family_name", "given_name", "name", "sub"]],
    ["openid email", ["email", "email_verified", "sub"]],
  ])("gives the claims of the scopes %s and no other", async (scope, names) => {
    const { access_token: token } = await client.tokens(new Browser(), { scope });
    const { claims } = await userinfo(bearer(token));
    expect(Object.keys(claims).sort()).toEqual(names);
  });

  test("refuses a token that isn't one with 401 (§5.3.3)", async () => {
    for (const init of [bearer("guessed"), {}]) {
      const { response } = await userinfo(init);
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.headers.get("www-authenticate")).toMatch(/^Bearer /);
    }
    expect((await userinfo(bearer("guessed"))).response.status).toBe(401);
  });

  test("doesn't take a token in the address", async () => {
    const { access_token: token = "" } = await client.tokens(new Browser());
    expect((await behindProxy(`${idp.issuer}/me?access_token=${token}`, {})).status).toBeGreaterThanOrEqual(
      400,
    );
  });
});

describe("Core §12, a refresh token", () => {
  test("gives an ID token of the same person, client and sign-in, with no nonce but the same (§12.2)", async () => {
    const { refresh_token: token = "", claims } = await client.tokens(new Browser(), {
      scope: "openid email",
    });
    const { body } = await client.token({ grant_type: "refresh_token", refresh_token: token });
    const renewed = await client.claimsOf(body.id_token ?? "");
    expect(renewed).toMatchObject({ iss: claims.iss, sub: claims.sub, aud: claims.aud });
    expect(renewed.auth_time ?? claims.auth_time).toBe(claims.auth_time);
    expect([undefined, "a-nonce"]).toContain(renewed.nonce);
  });

  test("gives no more than it was given for (RFC 6749 §6)", async () => {
    const { refresh_token: token = "" } = await client.tokens(new Browser(), { scope: "openid" });
    const { body } = await client.token({
      grant_type: "refresh_token",
      refresh_token: token,
      scope: "openid email",
    });
    expect(body.error).toBe("invalid_scope");
  });
});

describe("RFC 7662 and RFC 7009, of a client's own tokens", () => {
  const ask = async (who: CertifiedClient, path: string, token: string) => {
    const response = await behindProxy(`${idp.issuer}${path}`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", ...who.basic() },
      body: new URLSearchParams({ token }).toString(),
    });
    const text = await response.text();
    return { status: response.status, body: text ? (JSON.parse(text) as Record<string, unknown>) : {} };
  };

  test("introspection says what it is for, to its own client; to another one, what it says of none", async () => {
    const other = await CertifiedClient.register(idp, "Curieux");
    const {
      access_token: access = "",
      refresh_token: refresh = "",
      claims,
    } = await client.tokens(new Browser());
    for (const token of [access, refresh]) {
      expect((await ask(client, "/token/introspection", token)).body).toMatchObject({
        active: true,
        client_id: client.id,
        sub: claims.sub,
        iss: idp.issuer,
        exp: expect.any(Number),
      });
      expect(await ask(other, "/token/introspection", token)).toEqual({
        status: 200,
        body: { active: false },
      });
    }
    expect((await ask(client, "/token/introspection", "guessed")).body).toEqual({ active: false });
  });

  test("revocation ends it and what came with it; another client can't, and an unknown token is no error (§2.2)", async () => {
    const other = await CertifiedClient.register(idp, "Malin");
    const { access_token: access = "", refresh_token: refresh = "" } = await client.tokens(new Browser());
    expect((await ask(other, "/token/revocation", refresh)).status).toBe(400);
    expect((await ask(client, "/token/introspection", refresh)).body).toMatchObject({ active: true });
    expect((await ask(client, "/token/revocation", refresh)).status).toBe(200);
    for (const token of [access, refresh])
      expect((await ask(client, "/token/introspection", token)).body).toEqual({ active: false });
    expect((await ask(client, "/token/revocation", "guessed")).status).toBe(200);
  });
});
